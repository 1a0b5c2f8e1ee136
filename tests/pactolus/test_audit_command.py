"""`pactolus audit verify` tells an intact export from a changed one, by its exit status and in one line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from registry.audit.checkpoint import Checkpoint, signed
from registry.audit.entries import NOTHING_BEFORE, entry_bytes
from registry.audit.export import seal_line
from registry.audit.tree import Tree, leaf_hash
from registry.model import AuditEntry
from specs.ed25519 import PrivateKey

KEY = PrivateKey("pactolus-audit-test", bytes(range(32)))
OTHER = PrivateKey("pactolus-audit-other", bytes(32))


def write_export(path: Path, count: int) -> str:
    """An export of so many entries; its checkpoint."""
    tree, previous, lines = Tree(), NOTHING_BEFORE, []
    for index in range(count):
        at = datetime(2026, 1, 1, 0, index, tzinfo=UTC)
        raw = entry_bytes(AuditEntry(at, "client", "team.created", f"team-{index}", "r"), index, previous)
        tree, _ = tree.grown(leaf_hash(raw))
        previous = leaf_hash(raw).hex()
        lines.append(raw + b"\n")
    note = signed(Checkpoint("pactolus-registry-test", tree.size, tree.root), [KEY])
    path.write_bytes(b"".join([*lines, seal_line(note, [KEY.public])]))
    return note


def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pactolus", "audit", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_intact_export_is_told_with_who_signed_it(tmp_path: Path) -> None:
    older, file = tmp_path / "older.checkpoint", tmp_path / "audit.jsonl"
    older.write_text(write_export(file, 2))
    write_export(file, 5)
    keys = tmp_path / "keys.txt"
    keys.write_text(f"{OTHER.public.text}\n{KEY.public.text}\n")

    done = verify(file, "--key", keys, "--checkpoint", older)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "intact  5 entries of pactolus-registry-test"
    assert "holds   the checkpoint over 2 entries unchanged" in done.stdout
    assert KEY.public.text in done.stdout


def test_a_changed_export_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    write_export(file, 3)
    file.write_bytes(file.read_bytes().replace(b"team-1", b"team-9"))

    done = verify(file, "--key", KEY.public.text)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tampered: entry 2 names another entry before it")
    assert done.stderr.count("\n") == 1


def test_another_key_than_the_one_given_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    write_export(file, 3)

    assert verify(file, "--key", OTHER.public.text).returncode == 1
    believed = verify(file)
    assert believed.returncode == 0
    assert "give --key to trust them" in believed.stdout


def test_what_cannot_be_used_is_told_with_status_2(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    write_export(file, 1)

    assert verify(file, "--key", "a+b+c").returncode == 2
    assert verify(file, "--checkpoint", file).returncode == 2
    assert verify(tmp_path / "nothing").returncode == 2
