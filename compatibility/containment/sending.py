"""Is a value one that the writers of a schema send? The declared openness, for one concrete value.

Defined as `unevaluatedProperties: false` (JSON Schema 2020-12 core section 11.3) put at every object, the
writer choosing which alternatives to follow: at least one of the branches of an `anyOf` that hold, and what
`oneOf`, `if` and `dependentSchemas` leave no choice about. Each member must be declared by a schema so
followed, unless one of them says what other members are, lists whole values, or none declares anything.
`not`, `contains` and `propertyNames` ask and do not describe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from compatibility.containment.declared import opens, own_names
from compatibility.containment.evaluate import Answer, Evaluator, found
from compatibility.containment.terms import Term, Terms, WorkSpentError

STEPS_MAX = 50_000
WAYS_MAX = 64
DEPTH_MAX = 60


class TooManyWays(Exception):
    """More choices of the writer than are tried."""


def tells(terms: Terms, source: int, target: int, value: Any) -> bool:
    """Whether the one term surely accepts the value and the other surely does not."""
    evaluator = Evaluator(terms)
    try:
        with bounded(terms):
            return evaluator.accepts(source, value) is True and evaluator.accepts(target, value) is False
    except WorkSpentError:
        return False


@contextmanager
def bounded(terms: Terms) -> Iterator[None]:
    """Bounds one look at one value by `STEPS_MAX`, whatever is left of the budget of the comparison."""
    outer = terms.steps_max
    terms.steps_max = terms.steps + STEPS_MAX
    try:
        yield
    finally:
        terms.steps_max = outer


@dataclass(slots=True)
class Sending:
    """Says whether writers of terms that hold for a value send it. None: not known."""

    terms: Terms
    left: int = 0

    def sends(self, number: int, value: Any) -> Answer:
        """Whether the value is valid and made of declared members."""
        try:
            with bounded(self.terms):
                holds = Evaluator(self.terms).accepts(number, value)
                if holds is False:
                    return False
                covered = self.covers((number,), value)
                return covered if holds else covered and None
        except WorkSpentError:
            return None

    def covers(self, numbers: Iterable[int], value: Any) -> Answer:
        """Whether terms that hold for a value declare its members, all the way down."""
        self.left = WAYS_MAX
        try:
            return self.covered(list(numbers), value, 0)
        except TooManyWays:
            return None

    def covered(self, numbers: list[int], value: Any, depth: int) -> bool:
        if not isinstance(value, dict | list) or not value:
            return True
        if depth > DEPTH_MAX:
            raise TooManyWays
        return any(self.described(flat, value, depth + 1) for flat in self.ways(numbers, {}, value))

    def ways(self, pending: list[int], flat: dict[int, Term], value: Any) -> Iterator[list[Term]]:
        """The sets of schema objects that the writer can choose to follow."""
        pending, flat = list(pending), dict(flat)
        while pending:
            number = self.terms.resolve(pending.pop())
            if number in flat:
                continue
            term = flat[number] = self.terms.term(number)
            pending.extend(self.forced(term, value))
            if term.any_of is not None:
                held = [part for part in term.any_of if self.holds(part, value)]
                for count in range(1, len(held) + 1):
                    for chosen in combinations(held, count):
                        yield from self.ways([*pending, *chosen], flat, value)
                return
        self.left -= 1
        if self.left < 0:
            raise TooManyWays
        yield list(flat.values())

    def forced(self, term: Term, value: Any) -> Iterator[int]:
        yield from term.all_of
        yield from (part for part in term.one_of or () if self.holds(part, value))
        condition = term.if_ if term.if_ is not None else term.noted
        if condition is not None:
            holds = self.holds(condition, value)
            chosen = (condition, term.then) if holds else (term.else_,)
            yield from (one for one in chosen if one is not None)
        if isinstance(value, dict):
            yield from (child for name, child in term.dependent_schemas if name in value)

    def holds(self, number: int, value: Any) -> bool:
        answer = Evaluator(self.terms).accepts(number, value)
        if answer is None:
            raise TooManyWays
        return answer

    def described(self, flat: list[Term], value: Any, depth: int) -> bool:
        if any(term.enum is not None for term in flat):
            return True
        if isinstance(value, list):
            return all(
                self.covered([*items_at(flat, index)], item, depth) for index, item in enumerate(value)
            )
        if not declared(flat, value):
            return False
        return all(self.covered([*members_at(flat, name)], member, depth) for name, member in value.items())


def declared(flat: list[Term], value: dict[str, Any]) -> bool:
    """Whether every member of an object is one that the terms declare."""
    if any(opens(term) for term in flat):
        return True
    names = set().union(*(own_names(term) for term in flat))
    patterns = [pattern for term in flat for pattern, _ in term.patterns]
    if not names and not patterns and not any(term.lists_members for term in flat):
        return True
    return all(name in names or any(hit(pattern, name) for pattern in patterns) for name in value)


def hit(pattern: str, name: str) -> bool:
    answer = found(pattern, name)
    if answer is None:
        raise TooManyWays
    return answer


def items_at(flat: list[Term], index: int) -> Iterator[int]:
    for term in flat:
        child = term.prefix[index] if index < len(term.prefix) else term.items
        if child is not None:
            yield child


def members_at(flat: list[Term], name: str) -> Iterator[int]:
    for term in flat:
        hits = [child for own, child in term.properties if own == name]
        hits.extend(child for pattern, child in term.patterns if hit(pattern, name))
        if not hits and term.additional is not None:
            hits.append(term.additional)
        yield from hits
