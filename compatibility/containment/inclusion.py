"""Sees that one term lies within another keyword by keyword, without search: what most changes are.

One-sided: True is a proof, False only says that the keywords alone do not show it. A question that comes
back to itself is not shown here; the solver's fixpoint decides those.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compatibility.containment.declared import own_names
from compatibility.containment.evaluate import Evaluator
from compatibility.containment.formats import kinds_of
from compatibility.containment.sight import Sight
from compatibility.containment.terms import FALSE, TRUE, Bound, Term, Terms
from compatibility.containment.values import TYPES

Question = tuple[int, int, bool]
DEPTH_MAX = 60
ENUM_MAX = 200


@dataclass(slots=True)
class Inclusion:
    """Remembers what it saw. `closed` reads the inner term as its writers do, who send what it declares."""

    terms: Terms
    sight: Sight
    known: dict[Question, bool] = field(default_factory=dict)
    asked: set[Question] = field(default_factory=set)

    def within(self, inner: int, outer: int, closed: bool) -> bool:
        inner, outer = self.terms.resolve(inner), self.terms.resolve(outer)
        if inner in (outer, FALSE) or outer == TRUE:
            return True
        if outer == FALSE:
            return False
        self.terms.spend()
        question = (inner, outer, closed)
        if question in self.known:
            return self.known[question]
        if question in self.asked or len(self.asked) > DEPTH_MAX:
            return False
        self.asked.add(question)
        found = self.holds(self.terms.term(inner), inner, self.terms.term(outer), closed)
        self.asked.discard(question)
        # A no that rests on a question still open is remembered too: it only means "not shown".
        self.known[question] = found
        return found

    def holds(self, one: Term, inner: int, two: Term, closed: bool) -> bool:
        if one.enum is not None and two == Term(enum=two.enum) and two.enum is not None:
            return self.terms.keys(one.enum) <= self.terms.keys(two.enum)
        if one.enum is not None and len(one.enum) <= ENUM_MAX:
            outer = self.terms.intern(two)
            evaluator = Evaluator(self.terms)
            if all(evaluator.accepts(outer, value) is True for value in one.enum):
                return True
        outer = self.terms.intern(two)
        if any(self.within(part, outer, False) for part in one.all_of):
            return True
        ways = one.any_of if one.any_of is not None else one.one_of
        if ways is not None and all(self.within(part, outer, False) for part in ways):
            return True
        return self.plain(one, two, closed) and self.combined(one, inner, two, closed)

    def plain(self, one: Term, two: Term, closed: bool) -> bool:
        """Every keyword of the outer term that is not a combination."""
        if two.never or two.opaque or two.enum is not None:
            return False
        kinds = one.types if one.types is not None else frozenset(TYPES)
        if two.types is not None and not kinds <= two.types:
            return False
        if two.format not in (None, one.format) and kinds & kinds_of(two.format):
            return False
        if "number" in kinds and not numbers(one, two):
            return False
        if "string" in kinds and not strings(one, two):
            return False
        if "array" in kinds and not self.arrays(one, two, closed):
            return False
        return "object" not in kinds or self.objects(one, two, closed)

    def combined(self, one: Term, inner: int, two: Term, closed: bool) -> bool:
        if not all(self.within(inner, part, closed) for part in two.all_of):
            return False
        for ways, own in ((two.any_of, one.any_of), (two.one_of, one.one_of)):
            if ways is None or ways == own:
                continue
            if ways is two.one_of and not self.exclusive(ways):
                return False
            if not any(self.within(inner, part, closed) for part in ways):
                return False
        if two.not_ is not None and one.not_ != two.not_:
            return False
        return two.if_ is None or (one.if_, one.then, one.else_) == (two.if_, two.then, two.else_)

    def exclusive(self, parts: tuple[int, ...]) -> bool:
        numbers = [self.terms.resolve(part) for part in parts]
        return all(
            self.sight.apart(first, second) or self.sight.apart(second, first)
            for place, first in enumerate(numbers)
            for second in numbers[place + 1 :]
        )

    def arrays(self, one: Term, two: Term, closed: bool) -> bool:
        if two.unevaluated_items is not None or (two.unique and not one.unique):
            return False
        if not counted(one.min_items, one.max_items, two.min_items, two.max_items):
            return False
        if two.contains is not None and (one.contains, one.min_contains, one.max_contains) != (
            two.contains,
            two.min_contains,
            two.max_contains,
        ):
            return False
        if len(two.prefix) != len(one.prefix) and (two.prefix or two.items is not None):
            return False
        pairs = list(zip(one.prefix, two.prefix, strict=False))
        if two.items is not None:
            pairs.append((TRUE if one.items is None else one.items, two.items))
        return all(self.within(first, second, closed) for first, second in pairs)

    def objects(self, one: Term, two: Term, closed: bool) -> bool:
        if two.unevaluated_properties is not None or (two.names is not None and one.names != two.names):
            return False
        if not set(two.required) <= set(one.required):
            return False
        low = max(one.min_properties, len(one.required))
        if not counted(low, one.max_properties, two.min_properties, two.max_properties):
            return False
        if not set(two.dependent_required) <= set(one.dependent_required):
            return False
        if not set(two.dependent_schemas) <= set(one.dependent_schemas):
            return False
        return self.members(one, two, closed)

    def members(self, one: Term, two: Term, closed: bool) -> bool:
        if two.patterns and two.patterns != one.patterns:
            return False
        mine, theirs = self.terms.listing(one.properties), self.terms.listing(two.properties)
        sends = closed and shuts(one)
        declared = own_names(one) if sends else set()
        rest = TRUE if one.additional is None or one.patterns else one.additional
        below = closed and not one.patterns and not joined(one)
        for name, child in theirs.items():
            if name in mine:
                if not self.within(mine[name], child, below):
                    return False
            elif not (sends and name not in declared) and not self.within(rest, child, below):
                return False
        if two.additional is None:
            return True
        others = [child for name, child in mine.items() if name not in theirs]
        others.extend(TRUE for name in declared if name not in mine and name not in theirs)
        if not sends:
            others.append(TRUE if one.additional is None else one.additional)
        return all(self.within(child, two.additional, below) for child in others)


def shuts(term: Term) -> bool:
    """Whether writers that send only what is declared send nothing but the names this object writes down."""
    open_ended = term.additional is not None or term.unevaluated_properties is not None or term.patterns
    whole = open_ended or joined(term) or term.enum is not None
    return not whole and (term.lists_members or bool(own_names(term)))


def joined(term: Term) -> bool:
    """Whether other schemas may describe the same object and declare more of its members."""
    conditions = term.if_ is not None or term.noted is not None
    return bool(term.all_of or term.any_of or term.one_of or term.dependent_schemas or conditions)


def numbers(one: Term, two: Term) -> bool:
    if two.integer and not (one.integer or divides(one, Term(integer=True))):
        return False
    if two.multiple_of is not None and not divides(one, two):
        return False
    if two.lower is not None and not tighter(one.lower, two.lower, 1):
        return False
    return two.upper is None or tighter(one.upper, two.upper, -1)


def divides(one: Term, two: Term) -> bool:
    step = two.multiple_of if two.multiple_of is not None else 1
    return one.multiple_of is not None and (one.multiple_of / step).denominator == 1


def tighter(one: Bound | None, two: Bound, sign: int) -> bool:
    if one is None:
        return False
    return sign * one.at > sign * two.at or (one.at == two.at and (one.exclusive or not two.exclusive))


def strings(one: Term, two: Term) -> bool:
    if two.pattern not in (None, one.pattern):
        return False
    return counted(one.min_length, one.max_length, two.min_length, two.max_length)


def counted(low: int, high: int | None, wide_low: int, wide_high: int | None) -> bool:
    return low >= wide_low and (wide_high is None or (high is not None and high <= wide_high))
