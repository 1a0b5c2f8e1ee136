"""Access tokens: JWTs after RFC 9068, signed with RS256, and the key set that verifies them (joserfc)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
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
