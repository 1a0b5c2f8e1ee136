"""Which members a schema names at one place of a value: what writers send, what `unevaluated` has seen."""

from __future__ import annotations

from itertools import product
from math import prod

from compatibility.containment.terms import TRUE, Term, Terms

STEPS_MAX = 500

WAYS_MAX = 16

Evaluated = tuple[frozenset[str], frozenset[str], bool]
"""Names, patterns, and whether every member is evaluated."""
Way = tuple[tuple[int, ...], Evaluated]
"""One way an alternative can hold: schemas of which one holds when it does not, and what it evaluates."""
NOTHING: Evaluated = (frozenset(), frozenset(), False)


def opens(term: Term) -> bool:
    """Whether the schema says itself what becomes of other members."""
    return term.additional is not None or term.unevaluated_properties is not None


def own_names(term: Term) -> set[str]:
    """The member names that one schema object writes down."""
    names = {name for name, _ in term.properties} | set(term.required)
    for name, needs in term.dependent_required:
        names.update((name, *needs))
    names.update(name for name, _ in term.dependent_schemas)
    return names


def in_place(term: Term) -> list[int]:
    """The sub-schemas that apply to the same value."""
    found = [*term.all_of, *(term.any_of or ()), *(term.one_of or ())]
    found.extend(child for child in (term.if_, term.then, term.else_) if child is not None)
    found.extend(child for _, child in term.dependent_schemas)
    return found


def evaluated_members(terms: Terms, term: Term) -> Evaluated | None:
    """(names, patterns, whether all) that a neighbour of `unevaluatedProperties` evaluates.

    None when that depends on the value (2020-12 core section 11.3: only branches that hold count).
    """
    names: set[str] = set()
    patterns: set[str] = set()
    waiting, steps = [term], 0
    while waiting:
        one = waiting.pop()
        steps += 1
        if steps > STEPS_MAX or one.opaque:
            return None
        conditions = one.if_ is not None or one.noted is not None
        if any((one.any_of, one.one_of, conditions, one.dependent_schemas)):
            return None
        if one.additional is not None or one.unevaluated_properties is not None:
            return frozenset(), frozenset(), True
        names.update(name for name, _ in one.properties)
        patterns.update(pattern for pattern, _ in one.patterns)
        waiting.extend(terms.term(part) for part in one.all_of if part != TRUE)
    return frozenset(names), frozenset(patterns), False


def told_by_cases(terms: Terms, term: Term) -> int | None:
    """`unevaluatedProperties` beside alternatives, as a schema that says it for each way they can hold.

    None when what an alternative evaluates depends on the value again, or there are too many ways.
    """
    assert term.unevaluated_properties is not None
    ways: list[list[Way]] = []
    waiting, steps, root = [term], 0, True
    base: list[Evaluated] = []
    while waiting:
        one = waiting.pop()
        steps += 1
        if steps > STEPS_MAX or one.opaque:
            return None
        if one.additional is not None or (not root and one.unevaluated_properties is not None):
            return TRUE
        root = False
        patterns = frozenset(pattern for pattern, _ in one.patterns)
        base.append((frozenset(name for name, _ in one.properties), patterns, False))
        found = choices(terms, one)
        if found is None:
            return None
        ways.extend(found)
        waiting.extend(terms.term(part) for part in one.all_of if part != TRUE)
    if prod(len(options) for options in ways) > WAYS_MAX:
        return None
    clauses = []
    for chosen in product(*ways):
        evaluated = [*base, *(seen for _, seen in chosen)]
        if not any(everything for _, _, everything in evaluated):
            said = only_beside(terms, evaluated, term.unevaluated_properties)
            unless = tuple(refuted for refutations, _ in chosen for refuted in refutations)
            clauses.append(terms.intern(Term(any_of=(*unless, said))) if unless else said)
    return terms.intern(Term(all_of=tuple(dict.fromkeys(clauses)))) if clauses else TRUE


def only_beside(terms: Terms, evaluated: list[Evaluated], rest: int) -> int:
    """The schema that leaves the evaluated members alone and holds the rest to what is said of it."""
    names = frozenset().union(*(names for names, _, _ in evaluated))
    patterns = frozenset().union(*(patterns for _, patterns, _ in evaluated))
    return terms.intern(
        Term(
            properties=tuple((name, TRUE) for name in sorted(names)),
            patterns=tuple((pattern, TRUE) for pattern in sorted(patterns)),
            additional=rest,
        )
    )


def choices(terms: Terms, term: Term) -> list[list[Way]] | None:
    """The ways the alternatives of one schema object can hold, each with what refutes it."""

    def negated(number: int) -> int:
        return terms.intern(Term(not_=number))

    def seen(number: int | None) -> Evaluated | None:
        return NOTHING if number is None else evaluated_members(terms, terms.term(number))

    optional = [(part, part) for part in term.any_of or ()]
    optional.extend([(term.noted, term.noted)] if term.noted is not None else [])
    optional.extend((terms.intern(Term(required=(name,))), child) for name, child in term.dependent_schemas)
    found: list[list[tuple[tuple[int, ...], Evaluated | None]]] = [
        [((negated(when),), seen(child)), ((when,), NOTHING)] for when, child in optional
    ]
    if term.one_of is not None:
        found.append([((negated(part),), seen(part)) for part in term.one_of])
    if term.if_ is not None:
        both, other = (seen(term.if_), seen(term.then)), seen(term.else_)
        joined = None if None in both else union(*(one for one in both if one is not None))
        found.append([((negated(term.if_),), joined), ((term.if_,), other)])
    known = [[(refuted, one) for refuted, one in ways if one is not None] for ways in found]
    return known if [len(ways) for ways in known] == [len(ways) for ways in found] else None


def union(one: Evaluated, other: Evaluated) -> Evaluated:
    return one[0] | other[0], one[1] | other[1], one[2] or other[2]
