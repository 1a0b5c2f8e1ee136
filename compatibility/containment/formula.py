"""What a signed term says about values of one type, as a formula of small facts.

A literal is a term that must (or must not) accept the value. Restricting it to one JSON type makes most
of it vanish: keywords of other types say nothing, wrong types are false. Children stay as literals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from compatibility.containment.declared import own_names
from compatibility.containment.formats import kinds_of
from compatibility.containment.terms import FALSE, TRUE, Term, Terms
from compatibility.containment.unevaluated import told
from compatibility.containment.values import type_of


class Literal(NamedTuple):
    """A term that must accept the value (`positive`) or must not; `closed` reads it as its writers do."""

    positive: bool
    number: int
    closed: bool = False


class Fact(NamedTuple):
    """One atomic constraint; `name` says which, `data` is its parameters."""

    name: str
    data: tuple[Any, ...] = ()


class All(NamedTuple):
    parts: tuple[Any, ...]


class Either(NamedTuple):
    parts: tuple[Any, ...]


YES, NO = Fact("yes"), Fact("no")
UNSURE = Fact("unsure")
"""A constraint that is not modelled: it may hold or not."""

Formula = Fact | All | Either


def conj(parts: list[Formula]) -> Formula:
    kept = [part for part in parts if part != YES]
    if NO in kept:
        return NO
    return kept[0] if len(kept) == 1 else All(tuple(kept)) if kept else YES


def disj(parts: list[Formula]) -> Formula:
    kept = [part for part in parts if part != NO]
    if YES in kept:
        return YES
    return kept[0] if len(kept) == 1 else Either(tuple(kept)) if kept else NO


@dataclass(frozen=True, slots=True)
class Formulas:
    """Builds formulas.

    `disjoint` answers whether two terms are known to share no value of a type, `together` which branches a
    writer can follow at once (None: too many ways).
    """

    terms: Terms
    disjoint: Callable[[str, int, int], bool]
    together: Callable[[tuple[int, ...]], tuple[tuple[int, ...], ...] | None]
    depth_max: int

    def of(self, literal: Literal, kind: str, depth: int = 0) -> Formula:
        self.terms.spend()
        term = self.terms.term(literal.number)
        if depth > self.depth_max:
            return UNSURE
        if term.never:
            return NO if literal.positive else YES
        parts = list(self.pieces(term, literal, kind, depth + 1))
        return conj(parts) if literal.positive else disj(parts)

    def pieces(self, term: Term, literal: Literal, kind: str, depth: int) -> Iterator[Formula]:
        """The conjuncts of a positive term, or the ways to violate a negative one."""
        positive = literal.positive
        if term.types is not None:
            yield truth((kind in term.types) is positive)
        if term.enum is not None:
            values = tuple(value for value in term.enum if type_of(value) == kind)
            if values:
                yield Fact("among" if positive else "outside", values)
            else:
                yield truth(not positive)
        if term.format is not None and kind in kinds_of(term.format):
            yield Fact("format" if positive else "not_format", (term.format,))
        if kind == "number":
            yield from number_pieces(term, positive)
        elif kind == "string":
            yield from string_pieces(term, positive)
        elif kind == "array":
            yield from array_pieces(term, literal)
            if term.unevaluated_items is not None:
                yield self.unevaluated(term, literal, kind, depth)
        elif kind == "object":
            yield from object_pieces(term, literal)
            if term.unevaluated_properties is not None:
                yield self.unevaluated(term, literal, kind, depth)
            yield from self.dependent(term, literal, kind, depth)
        yield from self.logic(term, literal, kind, depth)
        if term.opaque:
            yield UNSURE

    def unevaluated(self, term: Term, literal: Literal, kind: str, depth: int) -> Formula:
        number = told(self.terms, term, kind)
        if number is None:
            return UNSURE
        return self.of(Literal(literal.positive, number, literal.closed), kind, depth)

    def dependent(self, term: Term, literal: Literal, kind: str, depth: int) -> Iterator[Formula]:
        for name, child in term.dependent_schemas:
            inner = self.of(Literal(literal.positive, child, literal.closed), kind, depth)
            if literal.positive:
                yield disj([Fact("lacks", (name,)), conj([Fact("has", (name,)), inner])])
            else:
                yield conj([Fact("has", (name,)), inner])

    def logic(self, term: Term, literal: Literal, kind: str, depth: int) -> Iterator[Formula]:
        def same(number: int) -> Formula:
            return self.of(Literal(literal.positive, number, literal.closed), kind, depth)

        for part in term.all_of:
            yield same(part)
        if term.any_of is not None:
            parts = [same(part) for part in term.any_of]
            if literal.closed and literal.positive and kind in ("object", "array"):
                parts.extend(self.several(term.any_of, kind, depth))
            yield disj(parts) if literal.positive else conj(parts)
        if term.one_of is not None:
            yield self.exactly_one(term.one_of, literal, kind, depth)
        if term.not_ is not None:
            yield self.of(Literal(not literal.positive, term.not_, False), kind, depth)
        if term.if_ is not None:
            yield self.conditional(term, term.if_, literal, kind, depth)
        elif term.noted is not None and literal.closed and literal.positive:
            yield self.conditional(term, term.noted, literal, kind, depth)

    def several(self, parts: tuple[int, ...], kind: str, depth: int) -> Iterator[Formula]:
        """Branches of an `anyOf` that a writer follows at once, and so declares the members of them all."""
        together = self.together(parts)
        if together is None:
            either = disj([self.of(Literal(True, part), kind, depth) for part in parts])
            yield conj([either, UNSURE])
            return
        for some in together:
            yield conj([self.of(Literal(True, part, closed=True), kind, depth) for part in some])

    def exactly_one(self, parts: tuple[int, ...], literal: Literal, kind: str, depth: int) -> Formula:
        """`oneOf`; branches that share no value need not exclude each other."""

        def holds(number: int) -> Formula:
            return self.of(Literal(True, number, literal.closed), kind, depth)

        def fails(number: int) -> Formula:
            return self.of(Literal(False, number), kind, depth)

        possible = {index: formula for index, part in enumerate(parts) if (formula := holds(part)) != NO}
        indexes = list(possible)
        overlaps = {
            (one, two)
            for place, one in enumerate(indexes)
            for two in indexes[place + 1 :]
            if not self.disjoint(kind, parts[one], parts[two])
        }
        if literal.positive:
            ways = []
            for index in indexes:
                rivals = [two for two in indexes if (index, two) in overlaps or (two, index) in overlaps]
                ways.append(conj([possible[index], *(fails(parts[rival]) for rival in rivals)]))
            return disj(ways)
        none = conj([fails(parts[index]) for index in indexes])
        return disj([none, *(conj([possible[one], possible[two]]) for one, two in sorted(overlaps))])

    def conditional(self, term: Term, condition: int, literal: Literal, kind: str, depth: int) -> Formula:
        holds = self.of(Literal(True, condition, literal.closed), kind, depth)
        fails = self.of(Literal(False, condition), kind, depth)
        closed = literal.closed

        def chosen(number: int | None) -> Formula:
            return self.of(Literal(literal.positive, TRUE if number is None else number, closed), kind, depth)

        return disj([conj([holds, chosen(term.then)]), conj([fails, chosen(term.else_)])])


def truth(value: bool) -> Formula:
    return YES if value else NO


def number_pieces(term: Term, positive: bool) -> Iterator[Formula]:
    steps = [term.multiple_of] if term.multiple_of is not None else []
    if term.integer:
        from fractions import Fraction

        steps.append(Fraction(1))
    for step in steps:
        yield Fact("multiple" if positive else "not_multiple", (step,))
    if term.lower is not None:
        yield Fact("at_least" if positive else "below", (term.lower,))
    if term.upper is not None:
        yield Fact("at_most" if positive else "above", (term.upper,))


def string_pieces(term: Term, positive: bool) -> Iterator[Formula]:
    yield from count_pieces(term.min_length, term.max_length, positive)
    if term.pattern is not None:
        yield Fact("pattern" if positive else "not_pattern", (term.pattern,))


def count_pieces(low: int, high: int | None, positive: bool) -> Iterator[Formula]:
    """Length of a string or array, number of members."""
    if low > 0:
        yield Fact("count", (low, None) if positive else (0, low - 1))
    if high is not None:
        yield Fact("count", (0, high) if positive else (high + 1, None))


def array_pieces(term: Term, literal: Literal) -> Iterator[Formula]:
    positive, closed = literal.positive, literal.closed
    yield from count_pieces(term.min_items, term.max_items, positive)
    if positive and (term.prefix or term.items is not None):
        yield Fact("items", (term.prefix, term.items, closed))
    if not positive:
        for index, child in enumerate(term.prefix):
            yield Fact("item_at", (index, Literal(False, child)))
        if term.items is not None:
            yield Fact("item_from", (len(term.prefix), Literal(False, term.items)))
    if term.unique:
        yield Fact("unique" if positive else "repeated")
    if term.contains is not None:
        low, high = term.min_contains, term.max_contains
        if positive:
            yield Fact("contains", (term.contains, low, high))
        else:
            if low > 0:
                yield Fact("contains", (term.contains, 0, low - 1))
            if high is not None:
                yield Fact("contains", (term.contains, high + 1, None))


def object_pieces(term: Term, literal: Literal) -> Iterator[Formula]:
    positive, closed = literal.positive, literal.closed
    for name in term.required:
        yield Fact("has" if positive else "lacks", (name,))
    yield from count_pieces(term.min_properties, term.max_properties, positive)
    for name, needs in term.dependent_required:
        if positive:
            yield disj([Fact("lacks", (name,)), conj([Fact("has", (one,)) for one in needs])])
        else:
            yield conj([Fact("has", (name,)), disj([Fact("lacks", (one,)) for one in needs])])
    if term.names is not None:
        yield Fact("names", (term.names,)) if positive else Fact("bad_name", (term.names,))
    if positive:
        yield from universal(term, closed)
    else:
        yield from member_violations(term)


def universal(term: Term, closed: bool) -> Iterator[Formula]:
    """What a positive object schema says of every member."""
    if term.properties or term.patterns or term.additional is not None:
        yield Fact("members", (term.properties, term.patterns, term.additional, closed))
    if closed and (term.additional is not None or term.unevaluated_properties is not None):
        yield Fact("declares", (None, None))
    elif closed:
        names = frozenset(own_names(term))
        patterns = frozenset(pattern for pattern, _ in term.patterns)
        if names or patterns or term.lists_members:
            yield Fact("declares", (names, patterns))


def member_violations(term: Term) -> Iterator[Formula]:
    """The ways in which some member can violate an object schema."""
    for name, child in term.properties:
        if child != TRUE:
            yield Fact("member", (name, Literal(False, child)))
    for pattern, child in term.patterns:
        if child != TRUE:
            yield Fact("other", ((), (), (pattern,), Literal(False, child)))
    if term.additional is not None and term.additional != TRUE:
        names = tuple(name for name, _ in term.properties)
        patterns = tuple(pattern for pattern, _ in term.patterns)
        yield Fact("other", (names, patterns, (), Literal(False, term.additional)))


__all__ = ["FALSE", "NO", "TRUE", "UNSURE", "YES", "All", "Either", "Fact", "Formula", "Formulas", "Literal"]
