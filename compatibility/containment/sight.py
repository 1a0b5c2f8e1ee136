"""What is seen of terms without any search: their parts, their members by name, that two share no value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.containment.evaluate import Evaluator, found
from compatibility.containment.formula import Fact, Literal
from compatibility.containment.terms import FALSE, TRUE, Term, Terms

TOGETHER_MAX = 24
"""So many ways to follow several branches of one `anyOf` at once are told apart."""


@dataclass(slots=True)
class Sight:
    """Remembers what it saw of one table of terms."""

    terms: Terms
    members: dict[tuple[Any, ...], tuple[Any, dict[str, tuple[Literal, ...]]]] = field(default_factory=dict)
    closings: dict[tuple[frozenset[str], frozenset[str]], Fact] = field(default_factory=dict)
    exclusions: dict[tuple[int, int], bool] = field(default_factory=dict)
    distant: dict[tuple[int, int], bool] = field(default_factory=dict)
    divided: dict[int, tuple[int, ...]] = field(default_factory=dict)
    joined: dict[tuple[int, ...], tuple[tuple[int, ...], ...] | None] = field(default_factory=dict)

    def nothing_but(self, names: frozenset[str], patterns: frozenset[str]) -> Fact:
        """No member but those named; one fact per set of names, so that what it says is looked up once."""
        known = self.closings.get((names, patterns))
        if known is None:
            listed = tuple((name, TRUE) for name in sorted(names))
            matched = tuple((pattern, TRUE) for pattern in sorted(patterns))
            known = self.closings[names, patterns] = Fact("members", (listed, matched, FALSE, False))
        return known

    def said_of(self, name: str, data: tuple[Any, ...]) -> tuple[Literal, ...]:
        """What one "members" fact says of a named member; patterns that cannot be read say nothing."""
        place = (id(data[0]), id(data[1]), data[2], data[3])
        known = self.members.get(place)
        if known is None:
            known = self.members[place] = (data, {})
        said = known[1].get(name)
        if said is None:
            said = known[1][name] = self.looked_up(name, data)
        return said

    def looked_up(self, name: str, data: tuple[Any, ...]) -> tuple[Literal, ...]:
        properties, patterns, additional, closed = data
        own = self.terms.listing(properties).get(name)
        hits = [] if own is None else [own]
        unread = False
        for pattern, child in patterns:
            hit = found(pattern, name)
            unread = unread or hit is None
            if hit:
                hits.append(child)
        if not hits and not unread and additional is not None:
            hits.append(additional)
        return tuple(Literal(True, child, closed) for child in hits)

    def excludes(self, listed: int, wanted: int) -> bool:
        """Whether a term lists its values and the other surely takes none of them."""
        pair = (listed, wanted)
        if pair not in self.exclusions:
            values = self.terms.term(listed).enum
            evaluator = Evaluator(self.terms)
            self.exclusions[pair] = values is not None and all(
                evaluator.accepts(wanted, value) is False for value in values
            )
        return self.exclusions[pair]

    def apart(self, one: int, other: int) -> bool:
        """Whether two terms share no value on sight: by type, or by a required member with listed values.

        So "not the other" says nothing beside "the one", and goals that differ in it only are the same goal.
        """
        self.terms.spend()
        pair = (one, other)
        known = self.distant.get(pair)
        if known is None:
            known = self.distant[pair] = self.excludes(one, other) or told_apart(self, one, other)
        return known

    def together(self, parts: tuple[int, ...]) -> tuple[tuple[int, ...], ...] | None:
        """The sets of two or more branches that a writer can follow at once; None when they are too many.

        Only branches that can describe an object or an array count: of other values nothing is declared.
        """
        if parts not in self.joined:
            self.joined[parts] = self.cliques(
                tuple(dict.fromkeys(self.terms.resolve(part) for part in parts if self.describes(part)))
            )
        return self.joined[parts]

    def describes(self, number: int) -> bool:
        term = self.terms.term(number)
        return (
            not term.never
            and term.enum is None
            and (term.types is None or not term.types.isdisjoint(("object", "array")))
        )

    def cliques(self, parts: tuple[int, ...]) -> tuple[tuple[int, ...], ...] | None:
        found: list[tuple[int, ...]] = []
        grown: list[tuple[int, ...]] = [(part,) for part in parts]
        place = {part: index for index, part in enumerate(parts)}
        while grown:
            clique = grown.pop()
            self.terms.spend(len(parts))
            for part in parts[place[clique[-1]] + 1 :]:
                if not any(self.apart(one, part) or self.apart(part, one) for one in clique):
                    grown.append((*clique, part))
                    found.append((*clique, part))
                    if len(found) > TOGETHER_MAX:
                        return None
        return tuple(found)

    def pieces(self, number: int) -> tuple[int, ...]:
        """A schema that combines alternatives with other keywords, as the conjunction of the two."""
        number = self.terms.resolve(number)
        known = self.divided.get(number)
        if known is None:
            known = self.divided[number] = self.divide(self.terms.term(number))
        return known

    def divide(self, term: Term) -> tuple[int, ...]:
        whole = term.unevaluated_properties is not None or term.unevaluated_items is not None
        if whole or (term.one_of is None and term.any_of is None and not term.all_of):
            return ()
        rest = replace(term, all_of=(), one_of=None, any_of=None, discriminator=None)
        parts = [Term(one_of=term.one_of)] if term.one_of is not None else []
        parts.extend([Term(any_of=term.any_of)] if term.any_of is not None else [])
        if rest != Term():
            parts.append(rest)
        numbers = (*term.all_of, *(self.terms.intern(part) for part in parts))
        return numbers if parts != [term] or term.all_of else ()


def only_alternatives(term: Term) -> tuple[int, ...]:
    """The branches of a schema that is an `anyOf` and nothing else: to violate it is to violate each."""
    return term.any_of if term.any_of is not None and term == Term(any_of=term.any_of) else ()


def told_apart(solver: Sight, one: int, other: int) -> bool:
    """Types without a common one, or a member that one must have with values the other never takes there."""
    left, right = solver.terms.term(one), solver.terms.term(other)
    if left.types is not None and right.types is not None and not left.types & right.types:
        return True
    if left.types != frozenset(("object",)):
        return False
    mine, theirs = solver.terms.listing(left.properties), solver.terms.listing(right.properties)
    return any(
        name in mine and name in theirs and solver.excludes(mine[name], theirs[name])
        for name in left.required
    )
