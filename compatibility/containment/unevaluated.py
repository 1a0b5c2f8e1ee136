"""`unevaluatedItems` and `unevaluatedProperties` as schemas without them (2020-12 core section 11).

A neighbour evaluates what it names where it holds. So each place must satisfy the `unevaluated...` schema
unless one of the neighbours that name it holds: one clause per place that only some neighbours name, and one
for all the places that none does. The clauses grow with the neighbours, not with the ways they can hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compatibility.containment.declared import STEPS_MAX, told_by_cases
from compatibility.containment.evaluate import found
from compatibility.containment.terms import TRUE, Term, Terms

NEIGHBOURS_MAX = 60
ALL = 1 << 30
"""More items than any array has: all of them."""


class Neighbour(NamedTuple):
    """A schema object that applies to the same value, and what must hold for it to count; () is always."""

    conditions: tuple[int, ...]
    term: Term


def neighbours(terms: Terms, term: Term, *, members: bool) -> list[Neighbour] | None:
    """Every schema object in place, the first being the term itself; None when they cannot be told."""
    reached: list[Neighbour] = []
    waiting: list[Neighbour] = [Neighbour((), term)]
    seen: set[tuple[tuple[int, ...], int]] = set()
    while waiting:
        one = waiting.pop()
        # By identity: what an `enum` lists has no hash, and the table keeps its terms.
        terms.spend(1 + len(one.conditions))
        held = (one.conditions, id(one.term))
        if held in seen:
            continue
        seen.add(held)
        if len(seen) > STEPS_MAX or len(reached) > NEIGHBOURS_MAX or one.term.opaque:
            return None
        reached.append(one)
        for condition, number in applied(terms, one.term, members=members):
            conditions = tuple(dict.fromkeys((*one.conditions, *condition)))
            waiting.append(Neighbour(conditions, terms.term(number)))
    return reached


def applied(terms: Terms, term: Term, *, members: bool) -> Iterable[tuple[tuple[int, ...], int]]:
    """The schemas in place of one schema object, each with what must hold for it."""
    yield from (((), part) for part in term.all_of if part != TRUE)
    yield from (((part,), part) for part in (*(term.any_of or ()), *(term.one_of or ())))
    condition = term.if_ if term.if_ is not None else term.noted
    if condition is not None:
        yield (condition,), condition
        if term.then is not None:
            yield (condition,), term.then
        if term.else_ is not None:
            yield (terms.intern(Term(not_=condition)),), term.else_
    if members:
        for name, child in term.dependent_schemas:
            yield (terms.intern(Term(required=(name,))),), child


def told(terms: Terms, term: Term, kind: str) -> int | None:
    """What the `unevaluated...` keyword for a type says, as a schema; None when it cannot be told."""
    place = (id(term), kind)
    if place not in terms.told:
        terms.told[place] = told_items(terms, term) if kind == "array" else told_members(terms, term)
    return terms.told[place]


def told_items(terms: Terms, term: Term) -> int | None:
    """Not told beside `contains`, because which items it evaluates depends on the items."""
    rest = term.unevaluated_items
    found_all = neighbours(terms, term, members=False)
    if rest is None or found_all is None or any(one.term.contains is not None for one in found_all):
        return None
    counts = [
        (conditions, ALL if evaluates_all(one, term) else len(one.prefix)) for conditions, one in found_all
    ]
    base = max(count for conditions, count in counts if not conditions)
    points = sorted({base, *(count for _, count in counts if count > base)})
    clauses = []
    for place, start in enumerate(points):
        if start == ALL:
            break
        end = points[place + 1] if place + 1 < len(points) else ALL
        if end == ALL:
            said = Term(prefix=(TRUE,) * start, items=rest)
        else:
            said = Term(prefix=(*(TRUE,) * start, *(rest,) * (end - start)))
        unless = [conditions for conditions, count in counts if count > start]
        clauses.append(either(terms, unless, said))
    return every(terms, clauses)


def evaluates_all(one: Term, root: Term) -> bool:
    return one.items is not None or (one is not root and one.unevaluated_items is not None)


def told_members(terms: Terms, term: Term) -> int | None:
    rest = term.unevaluated_properties
    found_all = neighbours(terms, term, members=True)
    if rest is None or found_all is None:
        return None
    whole = [
        conditions
        for conditions, one in found_all
        if one.additional is not None or (one is not term and one.unevaluated_properties is not None)
    ]
    if () in whole:
        return TRUE
    if any(conditions and one.patterns for conditions, one in found_all):
        return told_by_cases(terms, term)
    patterns = sorted({pattern for _, one in found_all for pattern, _ in one.patterns})
    always = {name for conditions, one in found_all if not conditions for name, _ in one.properties}
    named: dict[str, list[tuple[int, ...]]] = {}
    for conditions, one in found_all:
        for name, _ in one.properties:
            if name not in always:
                named.setdefault(name, []).append(conditions)
    listed = tuple((name, TRUE) for name in sorted(always | set(named)))
    matched = tuple((pattern, TRUE) for pattern in patterns)
    clauses = [either(terms, whole, Term(properties=listed, patterns=matched, additional=rest))]
    for name, holders in sorted(named.items()):
        hits = [found(pattern, name) for pattern in patterns]
        if None in hits:
            return None
        if True not in hits:
            clauses.append(either(terms, [*whole, *holders], Term(properties=((name, rest),))))
    return every(terms, clauses)


def either(terms: Terms, unless: Iterable[tuple[int, ...]], said: Term) -> int:
    """What is said, unless all the conditions of one of the lists hold."""
    ways = [every(terms, list(conditions)) for conditions in dict.fromkeys(unless)]
    number = terms.intern(said)
    return terms.intern(Term(any_of=(*ways, number))) if ways else number


def every(terms: Terms, parts: list[int]) -> int:
    kept = tuple(dict.fromkeys(part for part in parts if part != TRUE))
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else terms.intern(Term(all_of=kept))
