"""Where the command line writes: colors on a terminal, plain text when piped."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from specs.model import Problem

SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "info": "cyan"}


class PipeConsole(Console):
    """A console that leaves it to the command line to end when its reader has gone."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        raise BrokenPipeError(errno.EPIPE, "the reader of the output has gone")


def standard_output() -> Console:
    """A console for results; wraps nothing when piped, so that lines can be grepped."""
    return _console(to_error_output=False)


def standard_error() -> Console:
    """A console for messages about the run itself."""
    return _console(to_error_output=True)


def _console(*, to_error_output: bool) -> Console:
    console = PipeConsole(stderr=to_error_output, highlight=False)
    if console.is_terminal:
        return console
    return PipeConsole(stderr=to_error_output, highlight=False, width=10_000, soft_wrap=True)


def print_causes(console: Console, problems: Iterable[Problem]) -> None:
    """As `print_problems`, each cause once: what is said in the same words, where it stands first."""
    causes: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        causes.setdefault((problem.uri, problem.code, problem.message), []).append(problem)
    for same in causes.values():
        print_problems(console, same[:1])
        if len(same) > 1:
            console.print(f"    and {len(same) - 1} more of the same")


def print_problems(console: Console, problems: Iterable[Problem]) -> None:
    """Prints each problem as ``file:line:column severity code`` with what is wrong and what to do."""
    for problem in problems:
        place = problem.uri
        if problem.position is not None:
            place += f":{problem.position.line}:{problem.position.column}"
        style = SEVERITY_STYLE[problem.severity]
        text = escape(f"{problem.code}  {problem.message}")
        console.print(f"{escape(place)} [{style}]{problem.severity}[/] {text}")
        if problem.pointer:
            console.print(f"    at  {escape(problem.pointer)}")
        if problem.fix:
            console.print(f"    fix {escape(problem.fix)}")
