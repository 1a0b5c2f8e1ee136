"""``pactolus audit``: take the registry's audit log home, and prove that nobody changed it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
from rich.markup import escape

from pactolus.commands.options import registry_option, secret_option
from pactolus.console import standard_error, standard_output
from pactolus.errors import EXIT_OK, EXIT_REFUSED, PactolusError
from pactolus.registry_client import RegistryClient

if TYPE_CHECKING:
    from registry.audit.checkpoint import SignedCheckpoint
    from specs.ed25519 import PublicKey

SCOPE = "registry:audit registry:read"
ENTRIES_AT_ONCE = 1_000
FILE_BYTES_MAX = 16 * 1024
"""Of a checkpoint or a key."""


@click.group()
def audit() -> None:
    """Export the audit log of a registry, and verify an export without any server."""


@audit.command(
    epilog="""\b
Examples:
  export PACTOLUS_CLIENT_SECRET=...
  pactolus audit export --client-id admin-1f2e3d --output audit.jsonl --checkpoint checkpoint.txt
"""
)
@registry_option
@click.option(
    "--client-id",
    required=True,
    envvar="PACTOLUS_CLIENT_ID",
    show_envvar=True,
    help="A credential with the scope registry:audit.",
)
@secret_option
@click.option(
    "--output", type=click.File("wb", lazy=True), default="-", help="Where to write; else standard output."
)
@click.option(
    "--checkpoint",
    "checkpoint_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the signed checkpoint there; keep it where the registry's operator cannot reach it.",
)
def export(
    url: str, client_id: str, client_secret: str, output: IO[bytes], checkpoint_file: Path | None
) -> None:
    """Write every entry of the log, one a line, and a last line that seals them with a signed checkpoint."""
    from registry.audit.checkpoint import CheckpointError, read_checkpoint
    from registry.audit.export import seal_line
    from specs.ed25519 import KeyTextError, public_key

    with RegistryClient(url, client_id, client_secret, SCOPE) as client:
        raw = client.content("/registry/v1/audit/checkpoint")
        try:
            note = raw.decode("utf-8")
            signed = read_checkpoint(note)
            texts = client.call("GET", "/registry/v1/signing-keys")["audit"]
            keys = signed.signers([public_key(text) for text in texts])
        except (UnicodeDecodeError, CheckpointError, KeyTextError) as error:
            raise PactolusError(f"the registry's checkpoint cannot be used: {error}") from error
        for page in _pages(client, signed.checkpoint.size):
            output.write(page)
        output.write(seal_line(note, keys))
    output.flush()
    if checkpoint_file is not None:
        checkpoint_file.write_bytes(raw)
    standard_error().print(f"{signed.checkpoint.size} entries of {escape(signed.checkpoint.origin)}")


def _pages(client: RegistryClient, size: int) -> Iterator[bytes]:
    """The lines of the entries up to a size, some at a time."""
    for first in range(0, size, ENTRIES_AT_ONCE):
        params = {"first": str(first), "count": str(min(ENTRIES_AT_ONCE, size - first))}
        yield client.content("/registry/v1/audit/export", params)


@audit.command(
    epilog="""\b
Examples:
  pactolus audit verify audit.jsonl --key pactolus-audit-9f3a...+5e1b3c2d+AZ+G0I...
  pactolus audit verify audit.jsonl --key keys.txt --checkpoint checkpoint-of-last-month.txt
"""
)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="An older checkpoint that the log must continue; may be repeated.",
)
@click.option(
    "--key",
    "key_texts",
    multiple=True,
    metavar="KEY|FILE",
    help="A public key of the registry's audit, or a file with one a line; without one, the keys in the file "
    "are believed.",
)
def verify(file: IO[bytes], checkpoints: tuple[Path, ...], key_texts: tuple[str, ...]) -> None:
    """Verify an exported log offline, down to the last byte.

    Exit status 0: every entry is as it was signed. 1: the file is not the log that was signed; the message
    says where. 2: unusable input.
    """
    from registry.audit.export import TamperedError, verify_export

    pinned = [key for text in key_texts for key in _keys(text)]
    older = [_checkpoint(path) for path in checkpoints]
    try:
        found = verify_export(_lines(file), pinned, older)
    except TamperedError as error:
        standard_error().print(f"[bold red]tampered:[/] {escape(str(error))}")
        sys.exit(EXIT_REFUSED)
    console = standard_output()
    console.print(f"[green]intact[/]  {found.size} entries of {escape(found.origin)}")
    console.print(f"root    {found.root.hex()}")
    for key in found.signers:
        console.print(f"signed  {escape(key.text)}")
    for size in found.continued:
        console.print(f"holds   the checkpoint over {size} entries unchanged")
    if not found.pinned:
        console.print("[yellow]note[/]    the keys were taken from the file itself: give --key to trust them")
    sys.exit(EXIT_OK)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines with their ends, none read further than a line may be long."""
    from registry.audit.export import LINE_BYTES_MAX

    while line := file.readline(LINE_BYTES_MAX + 1):
        yield line


def _keys(text: str) -> list[PublicKey]:
    from specs.ed25519 import KeyTextError, public_key

    path = Path(text)
    try:
        lines = _small(path).split() if "+" not in text or path.is_file() else [text]
        return [public_key(line) for line in lines]
    except KeyTextError as error:
        raise PactolusError(
            f"--key {text} is no public key: {error}", "take it from GET /registry/v1/signing-keys"
        ) from error


def _checkpoint(path: Path) -> SignedCheckpoint:
    from registry.audit.checkpoint import CheckpointError, read_checkpoint

    try:
        return read_checkpoint(_small(path))
    except CheckpointError as error:
        raise PactolusError(
            f"{path} is no checkpoint: {error}", "take one from GET /registry/v1/audit/checkpoint"
        ) from error


def _small(path: Path) -> str:
    """A small file's text; line ends are not translated, since they are signed."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise PactolusError(f"{path} has more than {FILE_BYTES_MAX} bytes")
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PactolusError(f"{path} cannot be read: {error}") from error
