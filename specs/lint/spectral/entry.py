"""One rule of a ruleset while it is merged, and the file it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from specs.positions import Positions
from specs.problem import Problem, Severity


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file of a ruleset; ``aliases`` are its own and those of the files it extends."""

    uri: str
    value: Any
    index: Positions
    aliases: dict[str, Any] = field(default_factory=dict)

    def problem(
        self, code: str, message: str, fix: str, *tokens: str, severity: Severity = "error"
    ) -> Problem:
        """A problem at the place the tokens lead to, or at the nearest around it."""
        from specs.pointers import pointer_of

        position = None
        for length in range(len(tokens), -1, -1):
            position = self.index.find(list(tokens[:length]))
            if position is not None:
                break
        return Problem(code, message, fix, self.uri, pointer_of(tokens), position, severity)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """``counterpart``: of a rule of Spectral's own rulesets, the code of ours; None when there is none."""

    name: str
    definition: dict[str, Any]
    source: Source
    tokens: tuple[str, ...]
    enabled: bool
    recommended: bool
    severity: str | int | None = None
    counterpart: str | None = None
    built_in: bool = False
    given_by: Source | None = None
    places: tuple[tuple[str, Severity | None], ...] = ()

    def in_mode(self, mode: str) -> Entry:
        """As ``extends: [[file, mode]]`` has it: off, recommended or all."""
        return replace(self, enabled=mode == "all" or (mode == "recommended" and self.recommended))
