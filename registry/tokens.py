"""Access tokens (RFC 9068, RS256) with the key set that verifies them, and ID tokens of others (joserfc)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwk, jws, jwt
from joserfc.errors import JoseError

from registry.errors import Unauthenticated
from registry.model import SigningKey

ALGORITHM = "RS256"
TYPE = "at+jwt"
KEY_BITS = 2048
"""What every verifier takes; NIST SP 800-57 part 1 (table 4) allows it until 2030."""
TOKEN_BYTES_MAX = 8 * 1024
REGISTRY_AUDIENCE = "urn:pactolus:registry"
GATEWAY_AUDIENCE = "urn:pactolus:gateway"
REGISTRY_SCOPE_PREFIX = "registry:"
REQUIRED_CLAIMS = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a token whose signature, issuer and expiry hold."""

    client_id: str
    scopes: frozenset[str]
    audiences: tuple[str, ...]
    jti: str
    issued_at: int
    expires_at: int
    claims: dict[str, Any]


def new_signing_key(at: datetime) -> SigningKey:
    """A fresh RSA key named by its thumbprint (RFC 7638)."""
    key = jwk.RSAKey.generate_key(KEY_BITS, private=True)
    return SigningKey(key.thumbprint(), key.as_pem(private=True).decode("ascii"), at)


def audiences_of(scopes: Sequence[str]) -> list[str]:
    """Whom a token of these scopes is for: the registry, the gateway, or both."""
    found = []
    if any(scope.startswith(REGISTRY_SCOPE_PREFIX) for scope in scopes):
        found.append(REGISTRY_AUDIENCE)
    if any(not scope.startswith(REGISTRY_SCOPE_PREFIX) for scope in scopes):
        found.append(GATEWAY_AUDIENCE)
    return found


class TokenIssuer:
    """Signs with the newest key and verifies with all of them."""

    def __init__(self, issuer: str, keys: Sequence[SigningKey], lifetime_s: int) -> None:
        self.issuer = issuer
        self.lifetime_s = lifetime_s
        self._keys = {key.kid: imported(key) for key in keys}
        self._signing_kid = keys[0].kid

    @property
    def key_id(self) -> str:
        """The key that signs, by its thumbprint; no two registries share one."""
        return self._signing_kid

    def issue(self, client_id: str, scopes: Sequence[str], now: datetime) -> str:
        """A token for the client's own use (RFC 9068 section 2.2: ``sub`` is the client)."""
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": client_id,
            "client_id": client_id,
            "aud": audiences_of(scopes),
            "iat": issued_at,
            "exp": issued_at + self.lifetime_s,
            "jti": secrets.token_urlsafe(16),
            "scope": " ".join(scopes),
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self._signing_kid}
        return jwt.encode(header, claims, self._keys[self._signing_kid], algorithms=[ALGORITHM])

    def verify(self, text: str, now: datetime) -> AccessToken:
        """The token, if its type, algorithm, signature, issuer and times hold; raises `Unauthenticated`.

        The key is chosen among ours by ``kid``; keys or addresses within the token are never looked at
        (RFC 8725 section 3.10).
        """
        if len(text) > TOKEN_BYTES_MAX:
            raise invalid("it is too long")
        try:
            header = jws.extract_compact(text.encode("ascii")).headers()
            key = self._keys.get(str(header.get("kid")))
            if header.get("alg") != ALGORITHM or header.get("typ") != TYPE or key is None:
                raise invalid("it is not an access token of this server")
            claims = jwt.decode(text, key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            raise invalid("its signature does not hold") from None
        return self._checked(claims, int(now.timestamp()))

    def _checked(self, claims: dict[str, Any], now: int) -> AccessToken:
        if any(name not in claims for name in REQUIRED_CLAIMS) or claims["iss"] != self.issuer:
            raise invalid("it is not a token of this issuer")
        if not isinstance(claims["exp"], int) or claims["exp"] <= now:
            raise invalid("it has expired")
        audience = claims["aud"]
        return AccessToken(
            client_id=str(claims["client_id"]),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            audiences=tuple(audience if isinstance(audience, list) else [audience]),
            jti=str(claims["jti"]),
            issued_at=int(claims["iat"]),
            expires_at=claims["exp"],
            claims=dict(claims),
        )

    def public_keys(self) -> dict[str, Any]:
        """The key set (RFC 7517) that tokens are verified with."""
        keys = []
        for kid, key in self._keys.items():
            public = {
                name: value for name, value in key.as_dict(private=False).items() if name in ("kty", "n", "e")
            }
            keys.append({**public, "kid": kid, "use": "sig", "alg": ALGORITHM})
        return {"keys": keys}


def imported(key: SigningKey) -> jwk.RSAKey:
    """The key as joserfc takes it."""
    return jwk.RSAKey.import_key(key.private_pem)


def invalid(why: str) -> Unauthenticated:
    """RFC 6750 section 3.1: ``invalid_token``."""
    return Unauthenticated("token_invalid", f"The access token does not count: {why}.")


ID_TOKEN_KEYS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "Ed25519": "OKP", "EdDSA": "OKP"}
"""The kind of key that each algorithm takes; the others are refused, those with a shared secret above all."""
REFUSED_HEADERS = ("jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc")
ID_TOKEN_BYTES_MAX = 64 * 1024
SUBJECT_CHARS_MAX = 255


class KeyUnknown(Exception):
    """The token names a key that is not in the set."""


def verified_id_token(
    text: str,
    key_set: Mapping[str, Any],
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
    clock_skew_s: int,
) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core 1.0 section 3.1.3.7); raises `Unauthenticated`.

    `KeyUnknown` when its key is not in the set, which the provider may have changed since it was read.
    """
    if len(text) > ID_TOKEN_BYTES_MAX:
        raise id_token_invalid("it is too long")
    try:
        header = jws.extract_compact(text.encode("ascii")).headers()
        algorithm = header.get("alg")
        if algorithm not in ID_TOKEN_KEYS or any(name in header for name in REFUSED_HEADERS):
            raise id_token_invalid("its header asks for what is not done here")
        key = jwk.import_key(dict(key_named(key_set, header.get("kid"), algorithm)))
        claims = jwt.decode(text, key, algorithms=[algorithm]).claims
    except (JoseError, ValueError):
        raise id_token_invalid("its signature does not hold") from None
    wrong = claims_wrong(claims, issuer, client_id, nonce, int(now.timestamp()), clock_skew_s)
    if wrong is not None:
        raise id_token_invalid(wrong)
    return dict(claims)


def key_named(key_set: Mapping[str, Any], kid: Any, algorithm: str) -> Mapping[str, Any]:
    """The one key of that name and kind; without a name the only one of the kind."""
    keys = key_set.get("keys")
    fitting = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict)
        and key.get("kty") == ID_TOKEN_KEYS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and kid in (None, key.get("kid"))
    ]
    if len(fitting) != 1:
        raise KeyUnknown
    return fitting[0]


def claims_wrong(
    claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str, now: int, clock_skew_s: int
) -> str | None:
    """What is wrong with the claims, None when nothing is."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    authorized = claims.get("azp")
    expires, issued, subject = claims.get("exp"), claims.get("iat"), claims.get("sub")
    given = claims.get("nonce")
    if claims.get("iss") != issuer:
        return "another issuer made it"
    if client_id not in audiences or (authorized is None and len(audiences) > 1):
        return "it is for somebody else"
    if authorized not in (None, client_id):
        return "it was made for somebody else"
    if not isinstance(expires, int) or expires <= now - clock_skew_s:
        return "it has expired"
    if not isinstance(issued, int) or issued > now + clock_skew_s:
        return "it was made later than now"
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        return "it belongs to another sign-in"
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX:
        return "it names nobody"
    return None


def id_token_invalid(why: str) -> Unauthenticated:
    """The refusal of an ID token."""
    return Unauthenticated("sign_in_refused", f"The provider's ID token does not count: {why}.")
