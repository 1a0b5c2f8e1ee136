"""The scorecard of a contract: which level it has reached, and what is missing for the next.

A level is reached when the contract is valid and no rule of this level or a lower one finds anything. A
finding under an exception in force does not count; the card says how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specs.lint.exceptions import Excepted
from specs.lint.level import LEVELS, PROMISES, Level
from specs.lint.run import Rule
from specs.problem import Problem


@dataclass(frozen=True, slots=True)
class Missing:
    """A rule that is not kept: how often, and the first place."""

    code: str
    level: Level
    findings: int
    first: Problem


@dataclass(frozen=True, slots=True)
class LevelScore:
    """``kept`` of ``rules`` rules of one level are kept."""

    level: Level
    promise: str
    rules: int
    kept: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """``level`` is None when not even the first is reached; ``next_level`` when none is left."""

    contract: str
    version: str
    level: Level | None
    next_level: Level | None
    levels: tuple[LevelScore, ...]
    missing: tuple[Missing, ...]
    """For the next level only: what of it, or of a lower one, is not kept."""
    excepted: int

    def as_json(self) -> dict[str, Any]:
        """For ``--format json`` and catalogs."""
        return {
            "contract": self.contract,
            "version": self.version,
            "level": self.level,
            "nextLevel": self.next_level,
            "levels": [
                {"level": one.level, "promise": one.promise, "rules": one.rules, "kept": one.kept}
                for one in self.levels
            ],
            "missing": [
                {"code": one.code, "level": one.level, "findings": one.findings, "first": one.first.as_json()}
                for one in self.missing
            ],
            "excepted": self.excepted,
        }


def scorecard(
    contract: str, version: str, rules: Sequence[Rule], problems: Sequence[Problem],
    excepted: Sequence[Excepted] = (),
) -> Scorecard:  # fmt: skip
    """The card for what validity and the house rules found.

    A code that no rule has means that the contract is invalid: it has no level, and no rule counts as kept.
    """
    counts = Counter(_rule_code(problem, rules) for problem in problems if problem.severity != "info")
    level_of = {rule.code: rule.level for rule in rules}
    firsts: dict[str, Problem] = {}
    for problem in problems:
        firsts.setdefault(_rule_code(problem, rules), problem)
    broken = {code: level_of.get(code, LEVELS[0]) for code in counts}
    reached = 0
    while reached < len(LEVELS) and LEVELS[reached] not in broken.values():
        reached += 1
    next_level = LEVELS[reached] if reached < len(LEVELS) else None
    return Scorecard(
        contract=contract,
        version=version,
        level=LEVELS[reached - 1] if reached else None,
        next_level=next_level,
        levels=tuple(_score(level, rules, broken) for level in LEVELS),
        missing=tuple(
            Missing(code, level, counts[code], firsts[code])
            for code, level in sorted(broken.items())
            if level == next_level
        ),
        excepted=len(excepted),
    )


def _score(level: Level, rules: Sequence[Rule], broken: dict[str, Level]) -> LevelScore:
    codes = [rule.code for rule in rules if rule.level == level]
    is_invalid = not broken.keys() <= {rule.code for rule in rules}
    kept = 0 if is_invalid else sum(code not in broken for code in codes)
    return LevelScore(level, PROMISES[level], len(codes), kept)


def _rule_code(problem: Problem, rules: Sequence[Rule]) -> str:
    """The rule a finding belongs to: by its code, or by how its code begins (``governance.*``)."""
    known = {rule.code for rule in rules}
    if problem.code in known:
        return problem.code
    family = problem.code.partition(".")[0]
    return family if family in known else problem.code
