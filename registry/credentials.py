"""Client secrets: made, hashed, compared.

A secret is 256 random bits, so guessing it is hopeless whatever the hash costs; a slow password hash would
only slow the token endpoint down and invite exhaustion. SHA-256 keeps the stored form useless to a reader of
the database (NIST SP 800-63B section 5.1.1.2 asks for slow hashes of *memorized* secrets only).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

SECRET_PREFIX = "pcs_"  # noqa: S105 - lets secret scanners recognize a leaked one
SECRET_BYTES = 32
IDENTIFIER_BYTES = 6


def new_secret() -> str:
    """256 random bits with a recognizable prefix."""
    return SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def new_client_id(party: str) -> str:
    """A readable identifier that is never used twice."""
    return f"{party}-{secrets.token_hex(IDENTIFIER_BYTES)}"


def hash_of(secret: str) -> str:
    """What is stored: ``sha256:`` and the hash in hexadecimal."""
    return "sha256:" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Whether the secret has that hash, in time that does not depend on where they differ."""
    return hmac.compare_digest(hash_of(secret), stored)
