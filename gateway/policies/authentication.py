"""Who calls: a bearer token in the Authorization header and nowhere else (RFC 6750 section 2.1, RFC 9700).

401 carries the challenge of RFC 6750 section 3: without an error when no token came, with `invalid_token`
when it was not accepted. Where the contract makes the token optional, one that is sent is checked all the
same; where it speaks of none, none is looked at.
"""

from __future__ import annotations

from gateway.model import Reject, TokenRefusal
from gateway.policies.facts import Facts

REALM = "pactolus"


def bearer_token(authorization: bytes | None) -> bytes | TokenRefusal | None:
    """The token of the Authorization header line; None without one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(b" ")
    token = token.strip(b" ")
    if scheme.lower() != b"bearer" or not token:
        return TokenRefusal("the Authorization header holds no bearer token")
    return token


def decide(facts: Facts) -> Reject | None:
    """401 unless a token was accepted or the operation serves calls without one."""
    identity = facts.identity
    if identity is None:
        if facts.route.operation.anonymous:
            return None
        challenge = f'Bearer realm="{REALM}"'
        return Reject("invalid_token", "the call carries no access token", headers=_challenge(challenge))
    if isinstance(identity, TokenRefusal):
        challenge = f'Bearer realm="{REALM}", error="invalid_token", error_description="{identity.reason}"'
        return Reject("invalid_token", identity.reason, headers=_challenge(challenge))
    return None


def _challenge(value: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"www-authenticate", value.encode("ascii", "replace")),)
