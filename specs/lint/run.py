"""Finds the rules and runs them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import get_args

from specs.errors import SpecError
from specs.lint.level import Level
from specs.model import Contract
from specs.problem import Problem, Severity

SEVERITIES = get_args(Severity)


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` is the module's name, ``manual`` its docstring, ``source`` who asks for it."""

    name: str
    code: str
    severity: Severity
    level: Level
    source: str
    manual: str
    check: Callable[[Contract], Iterator[Problem]]


def all_rules() -> tuple[Rule, ...]:
    """All rules in the order of their names."""
    package = importlib.import_module("specs.lint.rules")
    found = []
    for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda entry: entry.name):
        module = importlib.import_module(f"specs.lint.rules.{entry.name}")
        manual = inspect.getdoc(module) or ""
        facts = (module.CODE, module.SEVERITY, module.LEVEL, module.SOURCE)
        found.append(Rule(entry.name, *facts, manual, module.check))
    return tuple(found)


def lint(contract: Contract) -> tuple[Problem, ...]:
    """What all rules say about the contract, errors first, then in the order of the text.

    A rule that meets a reference it cannot follow reports that instead.
    """
    problems: dict[tuple[str, str, str, str], Problem] = {}
    for rule in all_rules():
        for problem in checked(rule, contract):
            problems.setdefault((problem.code, problem.uri, problem.pointer, problem.message), problem)
            if len(problems) >= contract.limits.problems_max:
                break
    return in_order(problems.values())


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Errors first, then in the order of the text."""
    return tuple(sorted(problems, key=_place))


def checked(rule: Rule, contract: Contract) -> Iterator[Problem]:
    """What one rule says; a reference it cannot follow is said instead."""
    try:
        yield from rule.check(contract)
    except SpecError as error:
        yield from error.problems


def _place(problem: Problem) -> tuple[int, str, tuple[int, int], str, str]:
    position = (problem.position.line, problem.position.column) if problem.position else (0, 0)
    return SEVERITIES.index(problem.severity), problem.uri, position, problem.pointer, problem.code
