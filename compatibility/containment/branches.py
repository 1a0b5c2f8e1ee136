"""Disjunctive cases of a formula, one at a time, cutting those that contradict themselves early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from compatibility.containment.formula import NO, YES, All, Either, Fact, Formula, Literal

if TYPE_CHECKING:
    from compatibility.containment.solver import Solver

OPPOSITES = {
    "has": "lacks",
    "lacks": "has",
    "pattern": "not_pattern",
    "not_pattern": "pattern",
    "format": "not_format",
    "not_format": "format",
    "multiple": "not_multiple",
    "not_multiple": "multiple",
    "unique": "repeated",
    "repeated": "unique",
}


class Overflow(Exception):
    """More cases than the budget allows."""


@dataclass(slots=True)
class Case:
    """The facts of one case so far, ordered by what is asked of them: there are many questions a case."""

    facts: list[Fact]
    solver: Solver
    open_ended: bool
    """Some choice may still declare further members, so that what is declared so far closes nothing."""
    signs: set[Fact] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    declared: frozenset[str] | None = None
    said: dict[str, list[Literal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        declared: list[frozenset[str]] | None = None if self.open_ended else []
        for fact in self.facts:
            name = fact.name
            if name in OPPOSITES:
                self.signs.add(fact)
            if name in ("has", "member"):
                self.present.add(fact.data[0])
            elif name == "lacks":
                self.absent.add(fact.data[0])
            elif name == "declares" and declared is not None:
                closes = fact.data[0] is not None and not fact.data[1]
                declared = [*declared, fact.data[0]] if closes else None
        if declared:
            self.declared = frozenset().union(*declared)

    def lacks(self, name: str) -> bool:
        """Whether the facts say that the member is not there."""
        return name in self.absent or (self.declared is not None and name not in self.declared)

    def literals(self, name: str) -> list[Literal]:
        """What the facts say of the value of one named member.

        A choice that is open may declare more of what the value holds, and with it writers send more.
        """
        if name not in self.said:
            said = member_literals(name, self.facts, self.solver)
            self.said[name] = [Literal(*one[:2]) for one in said] if self.open_ended else said
        return self.said[name]

    def contradictory(self) -> bool:
        """Presence against absence, a pattern against its negation: seen without any search."""
        if any(Fact(OPPOSITES[name], data) in self.signs for name, data in self.signs):
            return True
        return any(self.lacks(name) for name in self.present)

    def starved(self, fresh: list[Fact]) -> bool:
        """Whether some member that must be there can hold nothing: then no choice helps."""
        if not any(fact.name in ("has", "member", "members") for fact in fresh):
            return False
        names = dict.fromkeys(fact.data[0] for fact in self.facts if fact.name in ("has", "member"))
        return any(self.solver.ask(self.literals(name)).rank == 0 for name in names)

    def implies(self, part: Formula) -> bool:
        """True when the facts already say what an alternative says, so that the choice is no choice.

        Two cases matter: writers do not declare a member, so it is absent; a member that must be there has
        its values listed, and none of them suits.
        """
        if not isinstance(part, Fact):
            return False
        self.solver.terms.spend()
        if part.name == "lacks":
            return self.lacks(part.data[0])
        if part.name == "has":
            return part in self.signs
        if part.name != "member" or part.data[1].positive or part.data[0] not in self.present:
            return False
        name, literal = part.data
        return any(
            said.positive and self.solver.sight.excludes(said.number, literal.number)
            for said in self.literals(name)
        )

    def allows(self, part: Formula) -> bool:
        """False when an alternative cannot hold beside the facts; True means no more than "not excluded"."""
        self.solver.terms.spend()
        if isinstance(part, All):
            return all(self.allows(one) for one in part.parts)
        if isinstance(part, Either):
            return any(self.allows(one) for one in part.parts)
        if part == NO:
            return False
        name, data = part
        if name in OPPOSITES and Fact(OPPOSITES[name], data) in self.signs:
            return False
        if name in ("member", "has"):
            if self.lacks(data[0]):
                return False
            wanted = [data[1]] if name == "member" else []
            return self.solver.ask([*wanted, *self.literals(data[0])]).rank > 0
        return name != "lacks" or data[0] not in self.present


def branches(formula: Formula, solver: Solver) -> Iterator[list[Fact]]:
    """Every conjunction of facts whose union is the formula."""
    left = [solver.budget.branches_max]
    yield from walk([formula], [], [], solver, left, chooses_members(formula))


def walk(
    pending: list[Formula],
    facts: list[Fact],
    choices: list[Either],
    solver: Solver,
    left: list[int],
    open_ended: bool,
) -> Iterator[list[Fact]]:
    facts, choices = list(facts), list(choices)
    solver.terms.spend(len(facts) + sum(len(choice.parts) for choice in choices))
    known = len(facts)
    waiting = list(pending)
    while waiting:
        one = waiting.pop()
        if one == NO:
            return
        if isinstance(one, All):
            waiting.extend(reversed(one.parts))
        elif isinstance(one, Either):
            choices.append(one)
        elif one != YES:
            facts.append(one)
    case = Case(facts, solver, open_ended)
    if case.contradictory() or (choices and case.starved(facts[known:])):
        return
    narrowed = []
    for choice in choices:
        if any(case.implies(part) for part in choice.parts):
            continue
        alternatives = [part for part in choice.parts if case.allows(part)]
        if not alternatives:
            return
        narrowed.append(alternatives)
    if not narrowed:
        spend(left)
        yield facts
        return
    narrowed.sort(key=len)
    first, rest = narrowed[0], [Either(tuple(parts)) for parts in narrowed[1:]]
    for alternative in first:
        spend(left)
        yield from walk([alternative], facts, rest, solver, left, open_ended)


def spend(left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise Overflow


def chooses_members(formula: Formula, *, chosen: bool = False) -> bool:
    """Whether an alternative of the formula declares members that its other alternatives may not."""
    if isinstance(formula, Fact):
        return chosen and formula.name == "declares"
    chosen = chosen or isinstance(formula, Either)
    return any(chooses_members(part, chosen=chosen) for part in formula.parts)


def member_literals(name: str, facts: list[Fact], solver: Solver) -> list[Literal]:
    """What the facts say of the value of one named member; patterns that cannot be read say nothing."""
    said: list[Literal] = []
    for fact in facts:
        if fact.name == "members":
            said.extend(solver.sight.said_of(name, fact.data))
        elif fact.name == "member" and fact.data[0] == name:
            said.append(fact.data[1])
    return said
