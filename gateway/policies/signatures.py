"""Requests of partners that sign instead of carrying a token: scheme `Pactolus-HMAC-SHA256`.

    Authorization: Pactolus-HMAC-SHA256 keyId="...", timestamp="...", nonce="...", signature="..."
    Content-Digest: sha-256=:...:

The signature is the HMAC-SHA256, in base64url without padding, of seven lines joined by line feeds: the name
of the scheme, key id, timestamp (Unix seconds), nonce (16 to 64 letters, digits, `-` and `_`), method,
target (path, and `?` with the query where there is one) and the value of Content-Digest (RFC 9530), which is
empty for a request without a body. All four parameters stand in this order, once. A signature counts for the
time that the operator sets around its timestamp, and once; what comes as the body must have the digest.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from gateway.config import Partner
from gateway.model import Claims, Reject, Request, TokenRefusal
from gateway.policies.facts import Facts
from gateway.streaming import RequestParts

SCHEME = "Pactolus-HMAC-SHA256"
DIGEST_LINE = b"content-digest"
_PARAMETERS = re.compile(
    rb'keyId="([A-Za-z0-9._-]{1,64})", timestamp="([0-9]{1,12})", nonce="([A-Za-z0-9_-]{16,64})", '
    rb'signature="([A-Za-z0-9_-]{43})"'
)
_NOBODY = Partner("", "", b"nobody's secret, so that an unknown key costs what a known one does")


class Signed(NamedTuple):
    """What a signature that is good says: whose it is, when it was made, and the mark to be seen once."""

    claims: Claims
    made_at: float
    mark: bytes
    content_digest: bytes


def text_to_sign(key_id: bytes, timestamp: bytes, nonce: bytes, request: Request, digest: bytes) -> bytes:
    """The seven lines."""
    target = request.path + b"?" + request.query if request.query else request.path
    method = request.method.encode()
    return b"\n".join((SCHEME.encode(), key_id, timestamp, nonce, method, target, digest))


def signature(secret: bytes, text: bytes) -> bytes:
    """HMAC-SHA256 in base64url without padding."""
    return urlsafe_b64encode(hmac.digest(secret, text, sha256)).rstrip(b"=")


def content_digest(content: bytes) -> bytes:
    """The value of Content-Digest for a body."""
    return b"sha-256=:" + b64encode(sha256(content).digest()) + b":"


def check(
    parameters: bytes, request: Request, partners: Mapping[str, Partner], now: float, age_s_max: float
) -> Signed | TokenRefusal:
    """Whose request it is; `parameters` is what stands behind the scheme."""
    match = _PARAMETERS.fullmatch(parameters)
    digests = [value for name, value in request.headers if name == DIGEST_LINE]
    if match is None or len(digests) > 1:
        return refused("the signature's parameters are malformed")
    key_id, timestamp, nonce, given = match.groups()
    digest = digests[0] if digests else b""
    partner = partners.get(key_id.decode(), _NOBODY)
    wanted = signature(partner.secret, text_to_sign(key_id, timestamp, nonce, request, digest))
    if not hmac.compare_digest(given, wanted) or partner is _NOBODY:
        return refused("the signature does not verify")
    if abs(now - int(timestamp)) > age_s_max:
        return refused("the signature is too old, or from the future")
    claims = Claims(
        partner.client_id, partner.client_id, partner.scopes, nonce.decode(), float("inf"), 0.0,
        " ".join(sorted(partner.scopes)).encode(), partner.attributes,
    )  # fmt: skip
    mark = sha256(b"\0".join((SCHEME.encode(), key_id, nonce))).digest()[:16]
    return Signed(claims, float(timestamp), mark, digest)


def check_content(facts: Facts, content: bytes | RequestParts) -> Reject | None:
    """401 when the body is not the one that was signed; one that is passed on as it comes cannot be told."""
    signed = facts.content_digest
    if signed is None:
        return None
    if isinstance(content, bytes) and signed == (content_digest(content) if content or signed else b""):
        return None
    detail = "the body is not the one that was signed"
    challenge = f'{SCHEME} realm="pactolus", error="invalid_signature", error_description="{detail}"'
    return Reject("invalid_credentials", detail, headers=((b"www-authenticate", challenge.encode()),))


def refused(reason: str) -> TokenRefusal:
    """401 with the challenge of this scheme."""
    return TokenRefusal(reason, SCHEME, "invalid_signature")
