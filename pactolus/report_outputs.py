"""Which formats a report is written in, and where to: `--format FORMAT[=FILE]` and `--output FILE`."""

from __future__ import annotations

import os
import pkgutil
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pactolus.errors import PactolusError

if TYPE_CHECKING:
    from compatibility.model import Report

# What the text format writes around a piece on a terminal.
ANSI = {
    "breaking": ("\x1b[1;31m", "\x1b[0m"),
    "unknown": ("\x1b[1;33m", "\x1b[0m"),
    "info": ("\x1b[1m", "\x1b[0m"),
    "compatible": ("\x1b[1;32m", "\x1b[0m"),
    "strong": ("\x1b[1m", "\x1b[0m"),
    "faint": ("\x1b[2m", "\x1b[0m"),
    "witness": ("\x1b[36m", "\x1b[0m"),
}


@dataclass(frozen=True, slots=True)
class Output:
    """One format, and the file it goes to; None is standard output."""

    format_name: str
    file: Path | None = None


def known_formats() -> tuple[str, ...]:
    """The names of the format modules, found without importing the engine: `--help` stays quick."""
    found = find_spec("compatibility")
    folders = found.submodule_search_locations if found is not None else None
    paths = [os.path.join(folder, "render") for folder in folders or ()]  # noqa: PTH118 - pkgutil wants text
    modules = (one for one in pkgutil.iter_modules(paths) if not one.ispkg)
    return tuple(sorted(one.name for one in modules if not one.name.startswith("_")))


class OutputType(click.ParamType[Output]):
    """`html` or `html=report.html`."""

    name = "format"

    def convert(
        self, value: str | Output, param: click.Parameter | None, ctx: click.Context | None
    ) -> Output:
        if isinstance(value, Output):
            return value
        name, equals, file = value.partition("=")
        names = known_formats()
        if name not in names:
            self.fail(f"{name!r} is not a format; there are {', '.join(names)}", param, ctx)
        if equals and not file:
            self.fail(f"{value!r} names no file", param, ctx)
        return Output(name, Path(file) if file else None)


def outputs(formats: Sequence[Output], file: Path | None) -> tuple[Output, ...]:
    """What is written where: text goes to standard output when no format does."""
    open_ended = [one for one in formats if one.file is None]
    if len(open_ended) > 1:
        names = " and ".join(one.format_name for one in open_ended)
        raise PactolusError(
            f"{names} cannot both go to standard output", "give all but one a file: --format html=report.html"
        )
    every = [one.file.resolve() for one in (*formats, Output("", file)) if one.file is not None]
    shared = next((one for one in every if every.count(one) > 1), None)
    if shared is not None:
        raise PactolusError(f"two formats cannot both go to {shared.name}", "give each format its own file")
    named = tuple(one for one in formats if one.file is not None)
    last = open_ended[0] if open_ended else Output("text")
    return (*named, Output(last.format_name, file))


def spare(wanted: Sequence[Output], read: Sequence[str | Path | None]) -> None:
    """Refuses a report that would take the place of something that is read."""
    inputs = {Path(one).resolve() for one in read if one is not None}
    for one in wanted:
        if one.file is not None and one.file.resolve() in inputs:
            raise PactolusError(
                f"the report would overwrite {one.file}, which is read", "name another file for the report"
            )


def write(report: Report, wanted: Sequence[Output]) -> None:
    """Files first, so that a reader who is told the verdict finds them."""
    from compatibility.render import format_of

    for one in wanted:
        if one.file is not None:
            saved(one.file, format_of(one.format_name).render(report))
            continue
        text = on_terminal(report) if one.format_name == "text" else format_of(one.format_name).render(report)
        click.echo(text.encode("utf-8"), nl=False)


def saved(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise PactolusError(
            f"the report cannot be written to {file}: {error.strerror}",
            "name a file in a folder that is there and may be written",
        ) from error


def on_terminal(report: Report) -> str:
    """Text, painted and wrapped when it goes to a terminal (https://no-color.org is kept)."""
    from compatibility.render.text import render

    if not sys.stdout.isatty():
        return render(report)
    style = {} if os.environ.get("NO_COLOR") else ANSI
    return render(report, style, shutil.get_terminal_size().columns)
