"""A token that is bound to a key counts only with a fresh proof of that key (DPoP, RFC 9449).

The proof speaks of this call (`htm`, `htu` under an origin of the operator's), of this token (`ath`, and
`cnf.jkt` of the token is the thumbprint of the proof's key), was made just now (`iat`), and comes once
(`jti`). A bound token sent as a bearer token is refused, and so is an unbound one sent as a DPoP token.
Where the operator wants it, the proof also holds a nonce of ours (section 9), which says nothing but when it
was given; 401 `use_dpop_nonce` brings the first one.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from gateway.model import TokenRefusal

HEADER = b"dpop"
NONCE_PERIOD_S = 120
_PORTS = {"http": 80, "https": 443}
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class Proof(NamedTuple):
    """The content of a proof whose signature is good; `thumbprint` is that of its key (RFC 7638)."""

    thumbprint: str
    token_id: str
    method: str
    target: str
    token_hash: str
    made_at: float
    nonce: str | None


def refused(reason: str, error: str = "invalid_dpop_proof", nonce: str | None = None) -> TokenRefusal:
    """401 with the challenge of section 7.1."""
    return TokenRefusal(reason, "DPoP", error, nonce)


def speaks_of(proof: Proof, method: str, path: bytes, origins: Sequence[str]) -> TokenRefusal | None:
    """Why the proof is for another request; query and fragment do not count (section 4.3, 8 and 9)."""
    if not origins:
        return refused("DPoP tokens are not accepted here: no origin is set")
    if proof.method != method:
        return refused("the proof is for another method")
    target = _normal(proof.target)
    if target is None or target not in {_normal(origin + path.decode("latin-1")) for origin in origins}:
        return refused("the proof is for another address")
    return None


def is_fresh(proof: Proof, now: float, age_s_max: float, leeway_s: float) -> TokenRefusal | None:
    """Why the proof was not made just now (section 4.3, 11)."""
    if proof.made_at > now + leeway_s:
        return refused("the proof is from the future")
    return refused("the proof is too old") if proof.made_at < now - age_s_max else None


def belongs_to(proof: Proof, thumbprint: str | None, token: bytes) -> TokenRefusal | None:
    """Why the proof does not go with the token that is bound to `thumbprint` (section 4.3, 12)."""
    if proof.token_hash != urlsafe_b64encode(sha256(token).digest()).rstrip(b"=").decode():
        return refused("the proof is for another token")
    if proof.thumbprint != thumbprint:
        return refused("the token is bound to another key", "invalid_token")
    return None


def nonce_at(secret: bytes, now: float) -> str:
    """The nonce that is given at `now` (Unix seconds)."""
    period = int(now // NONCE_PERIOD_S).to_bytes(6, "big")
    return urlsafe_b64encode(period + hmac.digest(secret, period, sha256)[:18]).decode()


def holds_nonce(proof: Proof, secret: bytes, now: float) -> TokenRefusal | None:
    """Why the proof's nonce does not count, with one that does: ours of this period or of the last."""
    current = nonce_at(secret, now)
    if proof.nonce in (current, nonce_at(secret, now - NONCE_PERIOD_S)):
        return None
    return refused("the proof must hold the nonce of DPoP-Nonce", "use_dpop_nonce", current)


def replay_key(proof: Proof) -> bytes:
    """16 bytes that stand for the proof among all others."""
    return sha256(f"{proof.thumbprint}\0{proof.token_id}".encode()).digest()[:16]


def _normal(target: str) -> tuple[str, str | None, int | None, str] | None:
    """Scheme, host, port and path in one spelling (RFC 3986 section 6.2.2 and 6.2.3)."""
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or parts.username is not None or not parts.hostname:
        return None
    path = _ENCODED.sub(_decoded, parts.path) or "/"
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path


def _decoded(match: re.Match[str]) -> str:
    letter = chr(int(match[1], 16))
    return letter if letter in _UNRESERVED else match[0].upper()
