"""Ed25519 keys (RFC 8032) as people pass them on: the verifier key text of C2SP signed-note.

`name+hash+base64`: the hash is the first four bytes of SHA-256 over the name, a line feed, the algorithm byte
and the key, so a key that was mistyped or cut is no key at all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ALGORITHM = b"\x01"
"""Ed25519 in signed-note."""
KEY_BYTES = 32
NAME = re.compile(r"[!-*,-~]{1,120}")
"""Printable ASCII without a space or a plus sign."""
KEY_TEXT_CHARS_MAX = 200


class KeyTextError(ValueError):
    """The text is no verifier key; the message says why."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A name and the 32 bytes that signatures are verified with."""

    name: str
    raw: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that tell which key signed; a hint, not a proof."""
        return hashlib.sha256(self.name.encode("ascii") + b"\n" + ALGORITHM + self.raw).digest()[:4]

    @property
    def text(self) -> str:
        """The verifier key: what `public_key` reads."""
        return f"{self.name}+{self.key_hash.hex()}+{base64_text(ALGORITHM + self.raw)}"

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the key's owner signed the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A name and the 32 secret bytes that signatures are made with."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """What others verify with."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return PublicKey(self.name, key.public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same for the same message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def public_key(text: str) -> PublicKey:
    """Reads a verifier key; `KeyTextError` for anything but its one spelling."""
    parts = text.split("+", 2)
    if len(text) > KEY_TEXT_CHARS_MAX or len(parts) != 3 or not NAME.fullmatch(parts[0]):
        raise KeyTextError("it is not NAME+HASH+BASE64")
    raw = base64_bytes(parts[2])
    if raw is None or len(raw) != KEY_BYTES + 1 or raw[:1] != ALGORITHM:
        raise KeyTextError("it holds no Ed25519 key")
    key = PublicKey(parts[0], raw[1:])
    if key.key_hash.hex() != parts[1]:
        raise KeyTextError("its hash is not that of its name and key; it was cut or mistyped")
    return key


def base64_text(raw: bytes) -> str:
    """Base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode("ascii")


def base64_bytes(text: str) -> bytes | None:
    """The bytes of the one spelling that `base64_text` gives; None for any other text."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64_text(raw) == text else None
