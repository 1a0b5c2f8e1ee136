"""Who calls: a token in the Authorization header and nowhere else (RFC 6750 section 2.1, RFC 9700).

A token is sent as `Bearer`, or as `DPoP` with a proof (RFC 9449); what else a contract asks for, such as a
key in another header, is read by the policy of that name and judged here alike.

401 carries the challenge of RFC 6750 section 3: without an error when no token came, with `invalid_token`
when it was not accepted. Where the contract makes the token optional, one that is sent is checked all the
same; where it speaks of none, none is looked at.
"""

from __future__ import annotations

from gateway.model import Claims, Reject, TokenRefusal
from gateway.policies.facts import Facts

REALM = "pactolus"
DPOP_ALGORITHMS = "RS256 ES256 EdDSA Ed25519"
_SCHEMES = {b"Bearer": "bearer", b"bearer": "bearer", b"DPoP": "dpop", b"dpop": "dpop"}


def access_token(authorization: bytes | None) -> tuple[str, bytes] | TokenRefusal | None:
    """Scheme (`bearer` or `dpop`) and token of the Authorization header line; None without one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(b" ")
    token = token.strip(b" ")
    name = _SCHEMES.get(scheme) or _SCHEMES.get(scheme.lower())
    if name is None or not token:
        return TokenRefusal("the Authorization header holds no bearer token")
    return name, token


def decide(facts: Facts) -> Reject | None:
    """401 unless a token was accepted or the operation serves calls without one."""
    identity = facts.identity
    if isinstance(identity, Claims):
        return None
    if isinstance(identity, TokenRefusal):
        return _refusal(identity)
    operation = facts.route.operation
    if operation.anonymous:
        return None
    if operation.asks is None:
        challenge = f'Bearer realm="{REALM}"'
        return Reject("invalid_token", "the call carries no access token", headers=_challenge(challenge))
    lines = tuple((b"www-authenticate", line) for line in operation.asks.challenges)
    return Reject("invalid_credentials", "the call carries none of the credentials asked for", headers=lines)


def _refusal(identity: TokenRefusal) -> Reject:
    if identity.unavailable:
        wait = ((b"retry-after", b"1"),)
        return Reject("authentication_unavailable", identity.reason, headers=wait)
    scheme, reason = identity.scheme, identity.reason
    algorithms = f', algs="{DPOP_ALGORITHMS}"' if scheme == "DPoP" else ""
    challenge = (
        f'{scheme} realm="{REALM}"{algorithms}, error="{identity.error}", error_description="{reason}"'
    )
    lines = _challenge(challenge)
    if identity.nonce is not None:
        lines = (*lines, (b"dpop-nonce", identity.nonce.encode()))
    code = "invalid_token" if scheme in ("Bearer", "DPoP") else "invalid_credentials"
    return Reject(code, reason, headers=lines)


def _challenge(value: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"www-authenticate", value.encode("ascii", "replace")),)
