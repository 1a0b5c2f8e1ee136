"""Takes goals apart: a literal that is nothing but alternatives makes one case of each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from compatibility.containment.formula import Literal
from compatibility.containment.sight import Sight, only_alternatives
from compatibility.containment.terms import Term, Terms

if TYPE_CHECKING:
    from compatibility.containment.solver import Answer, Goal

PAIR_STEPS_MAX = 20_000
"""Steps to show that two alternatives share no value; not shown is no harm."""
NESTING_MAX = 3


class Solve(Protocol):
    def __call__(
        self, literals: tuple[Literal, ...], goals_max: int | None = None, steps_max: int | None = None
    ) -> Answer: ...


@dataclass(slots=True)
class Cases:
    """Remembers which alternatives of one table of terms share values."""

    terms: Terms
    sight: Sight
    solve: Solve
    nesting: int = 0
    pairs: dict[tuple[str, int, int], bool] = field(default_factory=dict)
    overlapping: dict[tuple[int, ...], list[tuple[int, int]]] = field(default_factory=dict)
    empty_pairs: dict[tuple[int, int], bool] = field(default_factory=dict)

    def disjoint(self, kind: str, one: int, other: int) -> bool:
        """Whether no value of the type satisfies both, proved apart from the run under way."""
        pair = (kind, one, other)
        if pair not in self.pairs:
            if self.nesting >= 3:
                return False
            self.nesting += 1
            literals = (
                Literal(True, one),
                Literal(True, other),
                Literal(True, self.terms.intern(Term(types=frozenset((kind,))))),
            )
            self.pairs[pair] = self.solve(literals, goals_max=300, steps_max=PAIR_STEPS_MAX).rank == 0
            self.nesting -= 1
        return self.pairs[pair]

    def of(self, goal: Goal, literal: Literal) -> list[list[Literal]] | None:
        """The goals whose union is this one, when one literal is nothing but alternatives; None otherwise."""
        term = self.terms.term(literal.number)
        others = list(goal - {literal})
        if literal.positive:
            if only_alternatives(term):
                return self.alternatives(others, only_alternatives(term), literal)
            if term.one_of is not None and term == Term(one_of=term.one_of):
                return self.exactly_one(others, term.one_of, literal.closed)
            return None
        pieces = self.sight.pieces(literal.number)
        if pieces:
            return [[*others, Literal(False, piece)] for piece in pieces]
        if term.one_of is not None and term == Term(one_of=term.one_of):
            pairs = self.overlaps(term.one_of)
            none = [*others, *(Literal(False, part) for part in term.one_of)]
            twice = [
                [*others, Literal(True, term.one_of[a]), Literal(True, term.one_of[b])] for a, b in pairs
            ]
            return [none, *twice]
        return None

    def alternatives(
        self, others: list[Literal], parts: tuple[int, ...], literal: Literal
    ) -> list[list[Literal]]:
        """One case per branch; writers that send what is declared may also follow several at once."""
        single = [[*others, Literal(True, part, literal.closed)] for part in parts]
        together = self.sight.together(parts) if literal.closed else ()
        return [
            *single,
            *([*others, *(Literal(True, part, closed=True) for part in some)] for some in together or ()),
        ]

    def incomplete(self, literal: Literal) -> bool:
        """Whether a writer can follow the branches in more ways than there are cases."""
        parts = only_alternatives(self.terms.term(literal.number))
        return bool(parts) and self.sight.together(parts) is None

    def exactly_one(self, others: list[Literal], parts: tuple[int, ...], closed: bool) -> list[list[Literal]]:
        pairs = self.overlaps(parts)
        found = []
        for index, part in enumerate(parts):
            rivals = [b if a == index else a for a, b in pairs if index in (a, b)]
            found.append(
                [*others, Literal(True, part, closed), *(Literal(False, parts[one]) for one in rivals)]
            )
        return found

    def overlaps(self, parts: tuple[int, ...]) -> list[tuple[int, int]]:
        """The pairs of branches that may share a value."""
        known = self.overlapping.get(parts)
        if known is None:
            known = self.overlapping[parts] = [
                (a, b)
                for b in range(len(parts))
                for a in range(b)
                if not (
                    self.sight.apart(parts[a], parts[b])
                    or self.sight.apart(parts[b], parts[a])
                    or self.nothing(parts[a], parts[b])
                )
            ]
        return known

    def nothing(self, one: int, other: int) -> bool:
        """Whether two terms share no value, proved apart from the run under way."""
        pair = (min(one, other), max(one, other))
        if pair not in self.empty_pairs:
            if self.nesting >= 3:
                return False
            self.nesting += 1
            self.empty_pairs[pair] = (
                self.solve(
                    (Literal(True, one), Literal(True, other)), goals_max=200, steps_max=PAIR_STEPS_MAX
                ).rank
                == 0
            )
            self.nesting -= 1
        return self.empty_pairs[pair]
