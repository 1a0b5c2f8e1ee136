"""The earlier contract has a problem that changes nothing of what it accepts or sends: it is compared.

A default that does not fit its schema is one: a contract in force may have it, and its mend must be judged.
Whatever else makes a document not valid is refused on both sides, and such a default on the later side."""

from __future__ import annotations

from compatibility.identity import digest
from compatibility.model import Finding, Place
from specs.problem import Problem

MIRROR = "there is none: the later contract is refused with such a problem"


def told(problem: Problem) -> Finding:
    line, column = problem.position or (None, None)
    return Finding(
        rule="earlier-not-valid",
        level="info",
        direction="none",
        operations=(),
        before=Place(problem.uri, problem.pointer, line, column),
        after=None,
        message=f"The earlier contract is not valid, and is compared as it is: {problem.message}",
        fix=problem.fix,
        fingerprint=digest(["earlier-not-valid", problem.code, problem.pointer, problem.message]),
    )
