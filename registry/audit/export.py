"""The log as a file: an entry a line, and a last line that seals it.

The last line holds the checkpoint over all entries and the public keys that signed it. Verifying needs the
file alone; trusting it needs a key or a checkpoint that came another way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from registry.audit.checkpoint import CheckpointError, SignedCheckpoint, read_checkpoint
from registry.audit.entries import FORMAT, NOTHING_BEFORE
from registry.audit.tree import Tree, leaf_hash
from specs.canonical import canonical_json
from specs.ed25519 import KeyTextError, PublicKey, public_key

LINE_BYTES_MAX = 1024 * 1024
SEAL_FORMAT = "pactolus-audit-seal/1"


class TamperedError(ValueError):
    """The file is not the log that was signed; the message says where and how."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What held: how many entries, the root over them, who signed, and the older checkpoints it continues."""

    size: int
    root: bytes
    origin: str
    signers: tuple[PublicKey, ...]
    pinned: bool
    continued: tuple[int, ...]


def seal_line(checkpoint: str, keys: Sequence[PublicKey]) -> bytes:
    """The last line of an export."""
    texts = sorted(key.text for key in keys)
    return canonical_json({"format": SEAL_FORMAT, "checkpoint": checkpoint, "keys": texts}) + b"\n"


def verify_export(
    lines: Iterable[bytes], pinned: Sequence[PublicKey] = (), older: Sequence[SignedCheckpoint] = ()
) -> Verified:
    """Verifies every byte of an export; `TamperedError` at the first thing that does not hold.

    Each entry must be in its one spelling, at its place, and name the hash of the one before; the root over
    all must be the one that the seal's keys signed. With ``pinned``, one of these must be among the signers.
    The log must hold each ``older`` checkpoint, whose own signature must be by a pinned key or by one of the
    seal's.
    """
    tree, previous, roots = Tree(), NOTHING_BEFORE, {0: Tree().root}
    wanted = {one.checkpoint.size for one in older}
    line = b""
    for line in lines:
        value = parsed(line, tree.size)
        if value.get("format") == SEAL_FORMAT:
            break
        check_entry(value, tree.size, previous)
        digest = leaf_hash(line[:-1])
        tree, _ = tree.grown(digest)
        previous = digest.hex()
        if tree.size in wanted:
            roots[tree.size] = tree.root
    else:
        raise TamperedError(f"the file ends after {tree.size} entries without its seal: it was cut")
    for _ in lines:
        raise TamperedError("there are lines after the seal")
    checkpoint, keys = seal_in(parsed(line, tree.size))
    signers = check_seal(checkpoint, keys, tree, pinned)
    for one in older:
        check_older(one, checkpoint, roots, [*pinned, *keys])
    sizes = tuple(one.checkpoint.size for one in older)
    return Verified(tree.size, tree.root, checkpoint.checkpoint.origin, signers, bool(pinned), sizes)


def parsed(line: bytes, index: int) -> dict[str, Any]:
    """The line's value, if the line is the one way to write it."""
    where = f"line {index + 1}"
    if len(line) > LINE_BYTES_MAX or not line.endswith(b"\n"):
        raise TamperedError(f"{where} is cut or too long")
    try:
        value = json.loads(line)
        spelled = canonical_json(value) + b"\n"
    except (ValueError, RecursionError):
        raise TamperedError(f"{where} is not JSON") from None
    if not isinstance(value, dict) or spelled != line:
        raise TamperedError(f"{where} is not in canonical form (RFC 8785)")
    return value


def check_entry(value: dict[str, Any], index: int, previous: str) -> None:
    """Format, place and chain."""
    if value.get("format") != FORMAT:
        raise TamperedError(f"line {index + 1} is no entry of an audit log")
    if value.get("index") != index or isinstance(value["index"], bool):
        raise TamperedError(
            f"line {index + 1} holds entry {value.get('index')!r}, not {index}: an entry is missing, "
            "added or moved"
        )
    if value.get("previous") != previous:
        raise TamperedError(
            f"entry {index} names another entry before it than the file has: one of the two was changed"
        )


def seal_in(value: dict[str, Any]) -> tuple[SignedCheckpoint, list[PublicKey]]:
    """The checkpoint and the keys of the last line."""
    texts = value.get("keys")
    if set(value) != {"format", "checkpoint", "keys"} or not isinstance(texts, list):
        raise TamperedError("the seal is malformed")
    try:
        checkpoint = read_checkpoint(str(value["checkpoint"]))
        return checkpoint, [public_key(str(text)) for text in texts]
    except CheckpointError as error:
        raise TamperedError(f"the seal's checkpoint cannot be read: {error}") from None
    except KeyTextError as error:
        raise TamperedError(f"a key of the seal cannot be read: {error}") from None


def check_seal(
    signed: SignedCheckpoint, keys: Sequence[PublicKey], tree: Tree, pinned: Sequence[PublicKey]
) -> tuple[PublicKey, ...]:
    """The signers; every key of the seal must have signed, and every signature be of one of them."""
    checkpoint = signed.checkpoint
    if checkpoint.size != tree.size:
        raise TamperedError(
            f"the file has {tree.size} entries and its checkpoint is over {checkpoint.size}: entries were "
            "removed or added"
        )
    if checkpoint.root != tree.root:
        raise TamperedError("the entries are not those that the checkpoint was signed over: one was changed")
    signers = signed.signers(keys)
    if not keys or len(signers) != len(keys) or len(signed.signatures) != len(keys):
        raise TamperedError("a signature of the checkpoint does not hold")
    if pinned and not set(pinned) & set(signers):
        raise TamperedError("the checkpoint is signed by none of the keys given")
    return tuple(signers)


def check_older(
    older: SignedCheckpoint, newer: SignedCheckpoint, roots: dict[int, bytes], keys: Sequence[PublicKey]
) -> None:
    """The log must begin with what the older checkpoint was signed over."""
    one, size = older.checkpoint, newer.checkpoint.size
    if one.origin != newer.checkpoint.origin:
        raise TamperedError(f"the older checkpoint is of another log, {one.origin}")
    if not older.signers(keys):
        raise TamperedError("the older checkpoint is signed by none of the keys")
    if one.size > size:
        raise TamperedError(
            f"the log has {size} entries and had {one.size} when the older checkpoint was signed: it was cut"
        )
    if roots[one.size] != one.root:
        raise TamperedError(
            f"the first {one.size} entries are not those that the older checkpoint was signed over: the log "
            "was rewritten"
        )
