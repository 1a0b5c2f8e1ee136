"""``pactolus history``: every change of a contract so far, judged."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from pactolus.commands.options import level_option, mode_option, roots_option
from pactolus.config import VERSIONS_DEFAULT, VERSIONS_MAX
from pactolus.errors import EXIT_OK, EXIT_UNUSABLE, PactolusError


@click.command(
    epilog="""\b
WHERE is
  a folder           its contracts, each with its versions in the order of their numbers
  git:PATH           the commits that changed a contract, from HEAD, over renames
  git:REVISION:PATH  the same from a branch, tag or commit
\b
Examples:
  pactolus history specs/documents/system
  pactolus history git:specs/documents/system/erp-orders.v1.openapi.yaml --limit 50
  pactolus history git:main:./orders.yaml --format markdown > HISTORY.md
"""
)
@click.argument("where")
@roots_option
@click.option(
    "--limit",
    type=click.IntRange(2, VERSIONS_MAX),
    default=VERSIONS_DEFAULT,
    show_default=True,
    help="How many versions of each contract, counted from the newest.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@mode_option
@level_option
def history(where: str, roots: tuple[Path, ...], limit: int, format_: str, mode: Any, level: Any) -> None:
    """Judge every change of a contract from one version to the next.

    The columns declared and required say which step of the version was made and which one was asked for.
    Versions that cannot be read or are invalid are skipped and named. Exit status 0: told. 2: unusable input.
    """
    from compatibility import compare
    from pactolus.contract_history import judged, versions_in_folder, versions_in_git
    from pactolus.history_report import render
    from pactolus.memory import collect_rarely
    from pactolus.progress import Steps
    from pactolus.report_outputs import ANSI

    collect_rarely()
    kind, _, rest = where.partition(":")
    if kind == "git" and rest:
        chains, left_out = versions_in_git(rest, roots, limit)
    elif Path(where).is_dir():
        chains, left_out = versions_in_folder(Path(where), roots, limit)
    else:
        raise PactolusError(f"{where} is neither a folder nor git:PATH", "give one of them")
    with Steps(sum(len(versions) for _, versions in chains)) as steps:
        found = judged(chains, left_out, partial(compare, mode=mode, level=level), steps)
    colors = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    click.echo(render(found, format_, ANSI if colors else None).encode("utf-8"), nl=False)
    sys.exit(EXIT_OK if found.versions > len(found.skipped) else EXIT_UNUSABLE)
