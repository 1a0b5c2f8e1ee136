"""What it takes to be another value than those listed, as a formula: exact, and cases for each of them.

An array differs from a listed one by its length or by one of its items; an object by a member that it lacks,
by one more, or by the value of one.
"""

from __future__ import annotations

from typing import Any

from compatibility.containment.formula import Fact, Formula, Literal, conj, disj
from compatibility.containment.terms import TRUE, Terms

LISTED_MAX = 16
"""So many listed values are told apart; the cases multiply."""


def differing(terms: Terms, values: tuple[Any, ...]) -> Formula | None:
    """That an array or object is none of the values; None when they are too many."""
    if len(values) > LISTED_MAX:
        return None
    return conj([disj(list(ways(terms, value))) for value in values])


def ways(terms: Terms, value: Any) -> list[Formula]:
    def another(part: Any) -> Literal:
        return Literal(False, terms.finite((part,)))

    if isinstance(value, list):
        shorter: list[Formula] = [Fact("count", (0, len(value) - 1))] if value else []
        items: list[Formula] = [Fact("item_at", (at, another(one))) for at, one in enumerate(value)]
        return [*shorter, Fact("count", (len(value) + 1, None)), *items]
    assert isinstance(value, dict)
    lacking: list[Formula] = [Fact("lacks", (name,)) for name in value]
    members: list[Formula] = [Fact("member", (name, another(one))) for name, one in value.items()]
    return [*lacking, Fact("other", (tuple(value), (), (), Literal(True, TRUE))), *members]
