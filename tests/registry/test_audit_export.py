"""An export of the audit log shows every change of it: a byte, an entry, its end, its past."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.audit.checkpoint import (
    Checkpoint,
    CheckpointError,
    SignedCheckpoint,
    read_checkpoint,
    signed,
)
from registry.audit.entries import NOTHING_BEFORE, entry_bytes
from registry.audit.export import TamperedError, seal_line, verify_export
from registry.audit.tree import Tree, leaf_hash
from registry.model import AuditEntry, AuditOutcome
from specs.ed25519 import KeyTextError, PrivateKey, PublicKey, public_key

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
KEY = PrivateKey("pactolus-audit-test", bytes(range(32)))
NEXT = PrivateKey("pactolus-audit-next", bytes(range(1, 33)))
STRANGER = PrivateKey("pactolus-audit-test", bytes(32))
ORIGIN = "pactolus-registry-test"


def log_of(count: int, what: str = "orders") -> list[bytes]:
    """The lines of a log."""
    lines, previous = [], NOTHING_BEFORE
    for index in range(count):
        entry = AuditEntry(
            AT + timedelta(seconds=index),
            "erp-team-1",
            "contract.published",
            f"{what}-{index}",
            "request",
            None,
            {"version": "1.0.0", "größe": 1.5},
            after="a" * 64,
            reason="Straße ☃",
            outcome=AuditOutcome.DONE,
        )
        raw = entry_bytes(entry, index, previous)
        previous = leaf_hash(raw).hex()
        lines.append(raw + b"\n")
    return lines


def checkpoint_over(lines: Sequence[bytes], *keys: PrivateKey) -> str:
    tree = Tree()
    for line in lines:
        tree, _ = tree.grown(leaf_hash(line[:-1]))
    return signed(Checkpoint(ORIGIN, tree.size, tree.root), keys or (KEY,))


def sealed(lines: Sequence[bytes], *keys: PrivateKey) -> list[bytes]:
    signers = keys or (KEY,)
    return [*lines, seal_line(checkpoint_over(lines, *signers), [key.public for key in signers])]


def file_lines(raw: bytes) -> list[bytes]:
    import io

    return list(io.BytesIO(raw))


def test_a_log_as_it_was_signed_is_intact() -> None:
    lines = log_of(11)

    found = verify_export(iter(sealed(lines, KEY, NEXT)), [KEY.public])

    assert (found.size, found.origin, found.pinned) == (11, ORIGIN, True)
    assert set(found.signers) == {KEY.public, NEXT.public}


def test_an_entry_is_hashed_in_the_form_that_another_implementation_gives() -> None:
    for line in log_of(3):
        assert rfc8785.dumps(json.loads(line)) + b"\n" == line


@pytest.mark.parametrize("keys", [(KEY,), (KEY, NEXT)], ids=["one key", "two keys"])
@pytest.mark.parametrize("pinned", [[], [KEY.public]], ids=["believed", "pinned"])
def test_each_flipped_byte_is_found(keys: tuple[PrivateKey, ...], pinned: list[PublicKey]) -> None:
    raw = b"".join(sealed(log_of(3), *keys))
    verify_export(iter(file_lines(raw)), pinned)

    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1 << place % 8
        with pytest.raises(TamperedError):
            verify_export(iter(file_lines(bytes(changed))), pinned)


FLIPPED = b"".join(sealed(log_of(5), KEY, NEXT))


@given(st.integers(0, len(FLIPPED) - 1), st.integers(1, 255))
@settings(max_examples=400, deadline=None)
def test_any_change_of_any_byte_is_found(place: int, difference: int) -> None:
    changed = bytearray(FLIPPED)
    changed[place] ^= difference

    with pytest.raises(TamperedError):
        verify_export(iter(file_lines(bytes(changed))))


@given(st.integers(0, len(FLIPPED) - 1), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_bytes_taken_out_or_put_in_are_found(place: int, count: int) -> None:
    for changed in (
        FLIPPED[:place] + FLIPPED[place + count :],
        FLIPPED[:place] + b" " * count + FLIPPED[place:],
        FLIPPED[:place] + b"\n" * count + FLIPPED[place:],
    ):
        with pytest.raises(TamperedError):
            verify_export(iter(file_lines(changed)))


def test_an_entry_removed_inserted_repeated_or_swapped_is_found() -> None:
    lines, others = sealed(log_of(8)), log_of(8, "forged")
    swapped = [*lines]
    swapped[2], swapped[5] = swapped[5], swapped[2]
    for changed in (
        lines[:3] + lines[4:],
        lines[1:],
        [*lines[:4], others[4], *lines[4:]],
        [*lines[:4], others[4], *lines[5:]],
        [*lines[:4], lines[3], *lines[4:]],
        swapped,
        lines[:-1],
        lines[:-2],
        [*lines[:-2], lines[-1]],
        [*lines, lines[-1]],
        [],
    ):
        with pytest.raises(TamperedError):
            verify_export(iter(changed))


def test_the_place_of_a_change_is_told() -> None:
    lines = sealed(log_of(8))
    lines[3] = lines[3].replace(b"orders-3", b"orders-4")

    with pytest.raises(TamperedError, match="entry 4 names another entry before it"):
        verify_export(iter(lines))


def test_a_log_made_anew_and_signed_with_another_key_is_found_by_the_key() -> None:
    forged = sealed(log_of(8, "forged"), STRANGER)

    assert verify_export(iter(forged)).pinned is False
    with pytest.raises(TamperedError, match="none of the keys given"):
        verify_export(iter(forged), [KEY.public])


def test_a_log_that_was_cut_or_rewritten_does_not_continue_an_older_checkpoint() -> None:
    lines = log_of(9)
    older = read_checkpoint(checkpoint_over(lines[:6]))

    assert verify_export(iter(sealed(lines)), [KEY.public], [older]).continued == (6,)
    with pytest.raises(TamperedError, match="it was cut"):
        verify_export(iter(sealed(lines[:5])), [KEY.public], [older])
    with pytest.raises(TamperedError, match="was rewritten"):
        verify_export(iter(sealed(log_of(9, "forged"))), [KEY.public], [older])


def test_an_older_checkpoint_counts_only_when_it_is_signed_and_of_this_log() -> None:
    lines = log_of(4)
    root = Tree().root
    unsigned = read_checkpoint(checkpoint_over(lines[:2], STRANGER))
    other = read_checkpoint(signed(Checkpoint("another", 2, root), [KEY]))

    with pytest.raises(TamperedError, match="none of the keys"):
        verify_export(iter(sealed(lines)), [], [unsigned])
    with pytest.raises(TamperedError, match="another log"):
        verify_export(iter(sealed(lines)), [], [other])


def test_a_checkpoint_has_the_form_of_signed_notes() -> None:
    note = checkpoint_over(log_of(2))
    text, _, signatures = note.partition("\n\n")
    name, encoded = signatures.removeprefix("— ").removesuffix("\n").split(" ")

    import base64

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    raw = base64.b64decode(encoded)
    Ed25519PublicKey.from_public_bytes(KEY.public.raw).verify(raw[4:], f"{text}\n".encode())
    assert name == KEY.name
    assert raw[:4] == KEY.public.key_hash
    assert read_checkpoint(note).signers([KEY.public, NEXT.public]) == [KEY.public]


# The verifier key of the documentation of golang.org/x/mod/sumdb/note, and its note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBw"
    "JnAM=\n"
)


def test_a_note_of_another_implementation_verifies() -> None:
    import base64

    key = public_key(PETER)
    text, _, line = PETER_NOTE.rpartition("\n\n")
    raw = base64.b64decode(line.split(" ")[2])

    assert raw[:4] == key.key_hash
    assert key.verifies(raw[4:], f"{text}\n".encode())
    assert key.text == PETER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "a+b+c",
        PETER[:-4],
        PETER.replace("c74f", "c74e"),
        PETER.replace("Peter", "Petra"),
        "é" + PETER,
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyTextError):
        public_key(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note[:-1],
        lambda note: note.replace("\n2\n", "\n02\n"),
        lambda note: note.replace("\n2\n", "\n-2\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note + "\n",
        lambda note: "x" + note.replace("\n\n", "\n"),
        lambda note: note + note.rpartition("\n\n")[2] * 20,
    ],
)
def test_what_is_no_checkpoint_is_refused(change: object) -> None:
    with pytest.raises(CheckpointError):
        read_checkpoint(change(checkpoint_over(log_of(2))))  # type: ignore[operator]


def test_a_detail_too_large_is_kept_by_its_digest() -> None:
    entry = AuditEntry(AT, "a", "b", "c", "d", detail={"text": "x" * 100_000})

    value = json.loads(entry_bytes(entry, 0, NOTHING_BEFORE))

    assert set(value["detail"]) == {"omitted"}
    assert value["detail"]["omitted"]["bytes"] > 100_000


def test_a_signature_over_another_text_does_not_count() -> None:
    one = read_checkpoint(checkpoint_over(log_of(2)))
    other = read_checkpoint(checkpoint_over(log_of(3)))

    assert SignedCheckpoint(other.checkpoint, one.signatures).signers([KEY.public]) == []
