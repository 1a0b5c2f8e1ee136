"""What the demo prints: each call with its status and the reason, and whether it came out as told."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

OK_STATUS_MAX = 399
INDENT = " " * 7
LINE_MIN = 40


@dataclass(slots=True)
class Narrator:
    """Prints the story and counts the steps that did not come out as told."""

    console: Console
    steps: int = 0
    failed: list[str] = field(default_factory=list)

    def chapter(self, title: str) -> None:
        """Opens a part of the story."""
        self.console.print(f"\n[bold]{escape(title)}[/]")

    def step(
        self, actor: str, request: str, status: int, reason: str, *, expected: int, came_out: bool
    ) -> None:
        """One call: who asked what, what was answered and why. ``came_out`` also covers the body."""
        self.steps += 1
        told = status == expected and came_out
        color = "red" if not told else "green" if status <= OK_STATUS_MAX else "yellow"
        self.console.print(f"  [{color}]{status}[/]  {escape(f'{actor:<23} {request}')}", soft_wrap=True)
        self.note(reason)
        if not told:
            self.failed.append(f"{actor} {request}: {status}, not as told (expected {expected})")
            self.note(f"NOT AS TOLD: expected {expected}", style="bold red")

    def note(self, text: str, style: str = "dim") -> None:
        """A line or more below a step; what is wider than the terminal goes on below its beginning."""
        width = max(self.console.width - len(INDENT), LINE_MIN)
        for line in text.splitlines():
            hang = " " * (len(line) - len(line.lstrip()) + 2)
            for part in textwrap.wrap(line, width, subsequent_indent=hang, break_on_hyphens=False) or [""]:
                self.console.print(f"{INDENT}[{style}]{escape(part)}[/]", soft_wrap=True)

    def fact(self, text: str, *, holds: bool) -> None:
        """Something observed that is not a call, counted like a step."""
        self.steps += 1
        self.console.print(f"  [{'green' if holds else 'red'}]{'ok ' if holds else 'NOT'}[/]  {escape(text)}")
        if not holds:
            self.failed.append(text)

    def ending(self) -> None:
        """Says how many steps came out as told."""
        good = self.steps - len(self.failed)
        color = "green" if not self.failed else "red"
        self.console.print(f"\n[bold {color}]{good} of {self.steps} steps came out as told.[/]")
        for line in self.failed:
            self.console.print(f"  [red]{escape(line)}[/]")
