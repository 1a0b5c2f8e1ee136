"""Checkpoints: the size and root of the log at a moment, signed (C2SP tlog-checkpoint over signed-note)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from specs.ed25519 import PrivateKey, PublicKey, base64_bytes, base64_text

NOTE_CHARS_MAX = 10_000
SIGNATURES_MAX = 16
SIGNATURE = re.compile("— ([^ +]+) ([A-Za-z0-9+/=]+)")
SIZE = re.compile("0|[1-9][0-9]{0,17}")


class CheckpointError(ValueError):
    """The text is no checkpoint, or nobody we trust signed it; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: which log, how many entries, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The signed part of the note."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures: the name of a key, its hash, and 64 bytes."""

    checkpoint: Checkpoint
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def signers(self, keys: Sequence[PublicKey]) -> list[PublicKey]:
        """Those of the keys that signed it."""
        message = self.checkpoint.text.encode("utf-8")
        return [
            key
            for key in keys
            if any(
                (key.name, key.key_hash) == (name, key_hash) and key.verifies(signature, message)
                for name, key_hash, signature in self.signatures
            )
        ]


def signed(checkpoint: Checkpoint, keys: Sequence[PrivateKey]) -> str:
    """The note with a signature of each key."""
    message = checkpoint.text.encode("utf-8")
    lines = [f"— {key.name} {base64_text(key.public.key_hash + key.sign(message))}\n" for key in keys]
    return f"{checkpoint.text}\n{''.join(lines)}"


def read_checkpoint(text: str) -> SignedCheckpoint:
    """Reads a note in its one spelling; verifies no signature."""
    body, separator, rest = text.partition("\n\n")
    lines = body.split("\n")
    if len(text) > NOTE_CHARS_MAX or not separator or len(lines) != 3 or not rest.endswith("\n"):
        raise CheckpointError("it is not a checkpoint of three lines with signatures")
    root = base64_bytes(lines[2])
    if not lines[0] or not SIZE.fullmatch(lines[1]) or root is None or len(root) != 32:
        raise CheckpointError("its origin, size or root is malformed")
    signatures = [signature_in(line) for line in rest[:-1].split("\n")]
    if len(signatures) > SIGNATURES_MAX:
        raise CheckpointError("it has too many signatures")
    return SignedCheckpoint(Checkpoint(lines[0], int(lines[1]), root), tuple(signatures))


def signature_in(line: str) -> tuple[str, bytes, bytes]:
    """One line of signatures."""
    matched = SIGNATURE.fullmatch(line)
    raw = base64_bytes(matched[2]) if matched else None
    if matched is None or raw is None or len(raw) != 4 + 64:
        raise CheckpointError("a signature line is malformed")
    return matched[1], raw[:4], raw[4:]
