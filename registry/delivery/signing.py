"""Signatures of webhooks as Standard Webhooks 1.0 has them, and the secrets they are made with. Pure.

A secret is not stored. It is derived from a key of the registry and the random identifier of the secret,
which alone stands in the table (a pseudorandom function as in NIST SP 800-108). Who reads the table without
the key learns no secret; who holds the key, in a file beside the database, can sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

KEY_BYTES_MIN = 32
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that Standard Webhooks gives a shared secret
LABEL = b"pactolus webhook secret\x00"


def key_id(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"pactolus webhook key\x00" + key).hexdigest()[:16]


def secret_of(key: bytes, secret_id: str) -> bytes:
    """The 32 bytes that sign under that identifier."""
    return hmac.new(key, LABEL + secret_id.encode("ascii"), hashlib.sha256).digest()


def shown(secret: bytes) -> str:
    """A secret as its owner gets it: ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(secret).decode("ascii")


def signed_headers(
    secrets: Sequence[bytes], message_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The three headers; one signature for each secret, so that a receiver may know either."""
    text = b".".join((message_id.encode("ascii"), str(timestamp_s).encode("ascii"), body))
    signatures = (
        base64.b64encode(hmac.new(secret, text, hashlib.sha256).digest()).decode("ascii")
        for secret in secrets
    )
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
