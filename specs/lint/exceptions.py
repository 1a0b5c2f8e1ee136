"""Exceptions from rules: who may break which one where, why, and until when.

An exception takes its findings out of what fails; it never hides them. Past its last day it takes nothing out
and is an error itself; one that matches nothing is named, so that the list does not grow moss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from specs.lint.run import in_order
from specs.model import Contract
from specs.openapi import EXTENSION
from specs.problem import Position, Problem

EXPIRED, UNUSED = "lint.exception_expired", "lint.exception_unused"


@dataclass(frozen=True, slots=True)
class LintException:
    """``contract``: a contract's name (``x-pactolus.name``) or its document's URI, "" for any.

    ``pointer``: the place and all below it, "" for the whole document. ``expires`` is the last day.
    """

    rule: str
    owner: str
    reason: str
    expires: date
    contract: str = ""
    pointer: str = ""
    uri: str = ""
    place: str = ""
    position: Position | None = None
    """Where it is written: file, pointer and line."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """A finding, and the exception that covers it."""

    problem: Problem
    by: LintException


@dataclass(frozen=True, slots=True)
class Judged:
    """``left``: what still counts; ``excepted``: what an exception covers."""

    left: tuple[Problem, ...]
    excepted: tuple[Excepted, ...]


def judged(
    problems: Sequence[Problem], contract: Contract, exceptions: Sequence[LintException], today: date
) -> Judged:
    """Each finding under the first exception in force that covers it."""
    in_force = [one for one in exceptions if one.expires >= today]
    left: list[Problem] = []
    excepted: list[Excepted] = []
    for problem in problems:
        cover = next((one for one in in_force if covers(one, problem, contract)), None)
        if cover is None:
            left.append(problem)
        else:
            excepted.append(Excepted(problem, cover))
    return Judged(tuple(left), tuple(excepted))


def covers(exception: LintException, problem: Problem, contract: Contract) -> bool:
    """Whether rule, contract and place are the finding's."""
    if exception.rule != problem.code:
        return False
    if exception.contract not in ("", _name(contract), contract.document.uri, problem.uri):
        return False
    place = exception.pointer.rstrip("/")
    return problem.pointer == place or problem.pointer.startswith(f"{place}/")


def exception_problems(
    exceptions: Sequence[LintException], used: Sequence[LintException], today: date
) -> tuple[Problem, ...]:
    """Exceptions that have expired, and those in force that covered nothing."""
    found = []
    for one in exceptions:
        what = f"The exception from {one.rule} that {one.owner} answers for"
        if one.expires < today:
            message = f"{what} expired on {one.expires.isoformat()}."
            fix = "Mend the contract and delete the exception, or have a new last day agreed."
            found.append(Problem(EXPIRED, message, fix, one.uri, one.place, one.position))
        elif one not in used:
            message, fix = (
                f"{what} covers no finding.",
                "Delete it, or correct its rule, contract or pointer.",
            )
            found.append(Problem(UNUSED, message, fix, one.uri, one.place, one.position, "warning"))
    return in_order(found)


def _name(contract: Contract) -> str:
    name = contract.root.child(EXTENSION, "name")
    return name.value if name is not None and isinstance(name.value, str) else contract.document.uri
