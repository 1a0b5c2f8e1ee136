"""The one exception of this package: a contract that cannot be used, with every problem found."""

from __future__ import annotations

from collections.abc import Iterable

from specs.problem import Problem


class SpecError(Exception):
    """``code`` is stable and equals the first problem's code unless the raiser names another."""

    def __init__(self, problems: Iterable[Problem], code: str | None = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.code: str = code or self.problems[0].code
        super().__init__(self._text())

    def _text(self) -> str:
        first = self.problems[0]
        others = len(self.problems) - 1
        return f"{first}" + (f" (and {others} more)" if others else "")
