"""Does a term accept a value? True, False, or None where a keyword is not modelled.

This is the engine's own reading of JSON Schema validation; the second validator must agree with it
before a witness is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from compatibility.containment.ecma import UnreadPatternError, language
from compatibility.containment.formats import kinds_of
from compatibility.containment.regex import TooLargeError, matches
from compatibility.containment.second_validators import conforms
from compatibility.containment.terms import Term, Terms
from compatibility.containment.values import exact, key, type_of

DEPTH_MAX = 100
REMEMBERED_MAX = 200
"""Characters of a text of which it is remembered whether a pattern is found in it."""

Answer = bool | None


def conjunction(answers: Iterable[Answer]) -> Answer:
    """False wins, then None."""
    unsure = False
    for answer in answers:
        if answer is False:
            return False
        unsure = unsure or answer is None
    return None if unsure else True


def negation(answer: Answer) -> Answer:
    return None if answer is None else not answer


def disjunction(answers: Iterable[Answer]) -> Answer:
    return negation(conjunction(negation(answer) for answer in answers))


def found(pattern: str, text: str) -> Answer:
    """Whether the ECMA-262 pattern is found in the text."""
    try:
        # The same short texts, names above all, are asked about again and again.
        return remembered(pattern, text) if len(text) <= REMEMBERED_MAX else matches(language(pattern), text)
    except (UnreadPatternError, TooLargeError, RecursionError):
        return None


@lru_cache(maxsize=20_000)
def remembered(pattern: str, text: str) -> bool:
    return matches(language(pattern), text)


@dataclass(frozen=True, slots=True)
class Evaluator:
    terms: Terms

    def accepts(self, number: int, value: Any, *, depth: int = 0) -> Answer:
        self.terms.spend()
        if depth > DEPTH_MAX:
            return None
        term = self.terms.term(number)
        if term.never:
            return False
        return conjunction(self.checks(term, value, depth + 1))

    def checks(self, term: Term, value: Any, depth: int) -> Iterable[Answer]:
        kind = type_of(value)
        yield term.types is None or kind in term.types
        if term.enum is not None:
            yield key(value) in self.terms.keys(term.enum)
        if term.format is not None and kind in kinds_of(term.format):
            yield conforms(value, term.format)
        if kind == "number":
            yield from self.number(term, value)
        elif kind == "string":
            yield from self.string(term, value)
        elif kind == "array":
            yield from self.array(term, value, depth)
        elif kind == "object":
            yield from self.object(term, value, depth)
        yield from self.logic(term, value, depth)
        if term.opaque:
            yield None

    def number(self, term: Term, value: Any) -> Iterable[Answer]:
        number = exact(value)
        if term.integer:
            yield number.denominator == 1
        if term.lower is not None:
            yield number > term.lower.at or (number == term.lower.at and not term.lower.exclusive)
        if term.upper is not None:
            yield number < term.upper.at or (number == term.upper.at and not term.upper.exclusive)
        if term.multiple_of is not None:
            yield (number / term.multiple_of).denominator == 1

    def string(self, term: Term, value: str) -> Iterable[Answer]:
        yield len(value) >= term.min_length and (term.max_length is None or len(value) <= term.max_length)
        if term.pattern is not None:
            yield found(term.pattern, value)

    def array(self, term: Term, value: list[Any], depth: int) -> Iterable[Answer]:
        yield len(value) >= term.min_items and (term.max_items is None or len(value) <= term.max_items)
        if term.unique:
            yield len({key(item) for item in value}) == len(value)
        for index, item in enumerate(value):
            if index < len(term.prefix):
                yield self.accepts(term.prefix[index], item, depth=depth)
            elif term.items is not None:
                yield self.accepts(term.items, item, depth=depth)
        if term.contains is not None:
            answers = [self.accepts(term.contains, item, depth=depth) for item in value]
            sure, possible = answers.count(True), len(answers) - answers.count(False)
            most = term.max_contains
            if sure < term.min_contains or (most is not None and possible > most):
                fails = possible < term.min_contains or (most is not None and sure > most)
                yield False if fails else None
        if term.unevaluated_items is not None:
            yield self.unevaluated(term, term.unevaluated_items, value, depth)

    def object(self, term: Term, value: dict[str, Any], depth: int) -> Iterable[Answer]:
        yield len(value) >= term.min_properties
        yield term.max_properties is None or len(value) <= term.max_properties
        yield all(name in value for name in term.required)
        for name, needs in term.dependent_required:
            yield name not in value or all(need in value for need in needs)
        for name, child in term.dependent_schemas:
            if name in value:
                yield self.accepts(child, value, depth=depth)
        properties = self.terms.listing(term.properties)
        for name, member in value.items():
            yield from self.member(term, properties.get(name), name, member, depth)
        if term.unevaluated_properties is not None:
            yield self.unevaluated(term, term.unevaluated_properties, value, depth)

    def member(self, term: Term, child: int | None, name: str, member: Any, depth: int) -> Iterable[Answer]:
        """`child` is what `properties` says of the member."""
        if term.names is not None:
            yield self.accepts(term.names, name, depth=depth)
        listed = child is not None
        if child is not None:
            yield self.accepts(child, member, depth=depth)
        for pattern, child in term.patterns:
            hit = found(pattern, name)
            if hit is None:
                yield None
            elif hit:
                listed = True
                yield self.accepts(child, member, depth=depth)
        if not listed and term.additional is not None:
            yield self.accepts(term.additional, member, depth=depth)

    def unevaluated(self, term: Term, rest: int, value: Any, depth: int) -> Answer:
        """What the neighbours leave unevaluated must satisfy `rest` (2020-12 core section 11)."""
        places: Iterable[Any] = value if isinstance(value, dict) else range(len(value))
        seen = self.evaluated(term, value, depth)
        sure = conjunction(
            self.accepts(rest, value[place], depth=depth)
            for place in places
            if seen is None or place not in seen
        )
        return sure if seen is not None or sure else None

    def evaluated(self, term: Term, value: Any, depth: int, *, nested: bool = False) -> set[Any] | None:
        """The members or items that a schema evaluates; None when that is not known."""
        if term.opaque or depth > DEPTH_MAX or (isinstance(value, list) and term.contains is not None):
            return None
        named = items_of(term, value) if isinstance(value, list) else members_of(term, value)
        if named is None:
            return None
        own = term.unevaluated_items if isinstance(value, list) else term.unevaluated_properties
        if nested and own is not None:
            return set(range(len(value))) if isinstance(value, list) else set(value)
        for number, needed in self.beside(term, value, depth):
            holds = True if needed else self.accepts(number, value, depth=depth)
            if holds is False:
                continue
            more = self.evaluated(self.terms.term(number), value, depth + 1, nested=True) if holds else None
            if more is None:
                return None
            named |= more
        return named

    def beside(self, term: Term, value: Any, depth: int) -> Iterable[tuple[int, bool]]:
        """The schemas that apply to the same value, and whether they hold when the whole does."""
        yield from ((part, True) for part in term.all_of)
        yield from ((part, False) for part in (*(term.any_of or ()), *(term.one_of or ())))
        condition = term.if_ if term.if_ is not None else term.noted
        if condition is not None:
            yield condition, False
            chosen = term.then if self.accepts(condition, value, depth=depth) else term.else_
            yield from [] if chosen is None else [(chosen, True)]
        if isinstance(value, dict):
            yield from ((child, True) for name, child in term.dependent_schemas if name in value)

    def logic(self, term: Term, value: Any, depth: int) -> Iterable[Answer]:
        def accepts(number: int) -> Answer:
            return self.accepts(number, value, depth=depth)

        yield from (accepts(part) for part in term.all_of)
        if term.any_of is not None:
            yield disjunction(accepts(part) for part in term.any_of)
        if term.one_of is not None:
            answers = [accepts(part) for part in term.one_of]
            sure = answers.count(True)
            yield (
                False
                if sure > 1 or not any(one is not False for one in answers)
                else (None if None in answers else sure == 1)
            )
        if term.not_ is not None:
            yield negation(accepts(term.not_))
        if term.if_ is not None:
            chosen = accepts(term.if_)
            yield disjunction(
                (chosen is False if chosen is not None else None, self.branch(term.then, value, depth))
            )
            yield disjunction((chosen, self.branch(term.else_, value, depth)))

    def branch(self, number: int | None, value: Any, depth: int) -> Answer:
        return True if number is None else self.accepts(number, value, depth=depth)


def items_of(term: Term, value: list[Any]) -> set[Any]:
    """The items that a schema object names itself."""
    return set(range(len(value) if term.items is not None else min(len(term.prefix), len(value))))


def members_of(term: Term, value: dict[str, Any]) -> set[Any] | None:
    """The members that a schema object names itself; None when a pattern cannot be read."""
    if term.additional is not None:
        return set(value)
    names = {name for name, _ in term.properties if name in value}
    for pattern, _ in term.patterns:
        for name in value:
            hit = found(pattern, name)
            if hit is None:
                return None
            if hit:
                names.add(name)
    return names
