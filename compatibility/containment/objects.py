"""Objects of one case: which members must be there, which cannot, and what each may hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from compatibility.containment.branches import member_literals
from compatibility.containment.evaluate import Evaluator, found
from compatibility.containment.formula import Fact, Literal
from compatibility.containment.strings import readable
from compatibility.containment.values import key

if TYPE_CHECKING:
    from compatibility.containment.solver import Answer, Solver

PATTERNS_MAX = 5
MEMBERS_MAX = 25_000
"""Larger objects are not made, and without a witness nothing is called breaking."""
SOUGHT_MAX = 300
"""So many names are sought one after the other, where the readable ones are not allowed."""
MANY = 20
"""So many members that are still missing have readable names, as far as those are allowed."""
EXCLUDED_MAX = 20
MERGED = "not all ways to choose the members of an object were tried (`maxProperties`, `patternProperties`)"
LISTED = "not all ways to be another object than those listed were tried (`enum`, `const`)"


@dataclass(slots=True)
class ObjectFacts:
    """A conjunction of constraints on one object."""

    universal: list[Fact] = field(default_factory=list)
    mandatory: dict[str, None] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    name_terms: list[int] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    low: int = 0
    high: int | None = None
    excluded: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Some member must exist: its name is not in `names`, matches no `patterns` and all `included`."""

    names: tuple[str, ...]
    patterns: tuple[str, ...]
    included: tuple[str, ...]
    name_literals: tuple[Literal, ...]
    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a member can go: a name that schemas mention, or a class of fresh names."""

    name: str | None
    name_goal: tuple[Literal, ...]
    literals: tuple[Literal, ...]


def solve_object(facts: list[Fact], solver: Solver) -> Answer:
    """A value, the knowledge that there is none, or a reason for neither."""
    from compatibility.containment.solver import NONE, Answer

    gathered = gather(facts, solver)
    least = max(gathered.low, len(gathered.mandatory), 1 if gathered.wanted else 0)
    if gathered.lacking & set(gathered.mandatory) or (gathered.high is not None and least > gathered.high):
        return NONE
    if gathered.low > MEMBERS_MAX:
        return Answer(1, None, f"the objects would have {gathered.low} members, {MEMBERS_MAX} are tried")
    return Builder(gathered, solver).build()


def gather(facts: list[Fact], solver: Solver) -> ObjectFacts:
    gathered = ObjectFacts()
    for fact in facts:
        data = fact.data
        if fact.name == "has":
            gathered.mandatory[data[0]] = None
        elif fact.name == "lacks":
            gathered.lacking.add(data[0])
        elif fact.name == "member":
            gathered.mandatory[data[0]] = None
            gathered.universal.append(fact)
        elif fact.name == "members":
            gathered.universal.append(fact)
        elif fact.name == "names":
            gathered.name_terms.append(data[0])
        elif fact.name == "other":
            gathered.wanted.append(Wanted(data[0], data[1], data[2], (), (data[3],)))
        elif fact.name == "bad_name":
            gathered.wanted.append(Wanted((), (), (), (Literal(False, data[0]),), ()))
        elif fact.name == "count":
            gathered.low = max(gathered.low, data[0])
            if data[1] is not None:
                gathered.high = data[1] if gathered.high is None else min(gathered.high, data[1])
        elif fact.name == "outside":
            gathered.excluded.extend(data)
    close(facts, gathered, solver)
    return gathered


def close(facts: list[Fact], gathered: ObjectFacts, solver: Solver) -> None:
    """Writers send only what this case declares, unless it says what other members are."""
    declared = [fact.data for fact in facts if fact.name == "declares"]
    if not declared or any(names is None for names, _ in declared):
        return
    names = frozenset().union(*(names for names, _ in declared))
    patterns = frozenset().union(*(patterns for _, patterns in declared))
    gathered.universal.append(solver.sight.nothing_but(names, patterns))


@dataclass(slots=True)
class Builder:
    """Puts one object together from the answers of the goals of its members."""

    facts: ObjectFacts
    solver: Solver
    model: dict[str, Any] = field(default_factory=dict)
    rank: int = 3
    reason: str = ""

    def build(self) -> Answer:
        from compatibility.containment.solver import NONE, Answer

        places = self.chosen_places()
        if places is None or self.crowded():
            return NONE
        named: dict[str, list[Literal]] = {name: self.literals(name) for name in self.facts.mandatory}
        for place in places:
            if place.name is not None:
                named.setdefault(place.name, []).extend(place.literals)
        for name, literals in sorted(named.items()):
            if not self.put(name, literals):
                return NONE if name in self.facts.mandatory and len(places) < 2 else Answer(1, None, MERGED)
        for place in places:
            if place.name is None and not self.put_fresh(place):
                return Answer(1, None, "no further member name was found")
        if len(self.model) < self.facts.low and not self.fill():
            return (
                NONE if self.capacity() < self.facts.low else Answer(1, None, "no further member was found")
            )
        if self.facts.high is not None and len(self.model) > self.facts.high:
            return Answer(1, None, MERGED)
        if not self.avoid_excluded():
            return Answer(1, None, LISTED)
        return Answer(self.rank, self.model if self.rank > 1 else None, self.reason)

    def avoid_excluded(self) -> bool:
        """Makes the object another one than those listed: by more members, or by another value of one."""
        if not self.facts.excluded:
            return True
        excluded = {key(value) for value in self.facts.excluded}
        for _ in range(min(len(excluded), EXCLUDED_MAX)):
            if key(self.model) not in excluded:
                return True
            if self.facts.high is None or len(self.model) < self.facts.high:
                self.facts.low = len(self.model) + 1
                if self.fill():
                    continue
            if not self.change_a_member():
                return False
        return key(self.model) not in excluded

    def change_a_member(self) -> bool:
        rivals = [one for one in self.facts.excluded if isinstance(one, dict)]
        for name in self.model:
            taken = [one[name] for one in rivals if name in one]
            if not self.facts.wanted:
                answer = self.solver.distinct(self.literals(name), taken)
                if answer.rank == 3:
                    self.model[name] = answer.model
                    return True
        return False

    def literals(self, name: str) -> list[Literal]:
        return member_literals(name, self.facts.universal, self.solver)

    def name_allowed(self, name: str) -> bool:
        evaluator = Evaluator(self.solver.terms)
        return all(evaluator.accepts(term, name) is not False for term in self.facts.name_terms)

    def put(self, name: str, literals: list[Literal]) -> bool:
        """Gives a named member a value; False when it can have none."""
        if name in self.facts.lacking or not self.name_allowed(name):
            return False
        return self.store(name, self.solver.ask(literals))

    def store(self, name: str, answer: Answer) -> bool:
        if answer.rank == 0:
            return False
        if answer.rank < self.rank:
            self.rank, self.reason = answer.rank, answer.reason
        self.model[name] = answer.model
        return True

    def put_fresh(self, place: Place) -> bool:
        name = self.solver.distinct(place.name_goal, list(self.model))
        if name.rank < 2 or not isinstance(name.model, str):
            self.rank = min(self.rank, 1)
            self.reason = self.reason or name.reason
            return name.rank > 0
        self.rank = min(self.rank, name.rank)
        return self.store(name.model, self.solver.ask(place.literals))

    def chosen_places(self) -> list[Place] | None:
        """One place per wanted member; None when one of them can be nowhere."""
        chosen = []
        for wanted in self.facts.wanted:
            best: tuple[int, int, Place] | None = None
            for order, place in enumerate(self.places(wanted)):
                rank = self.place_rank(place)
                if rank > 0 and (best is None or rank > best[0]):
                    best = (rank, order, place)
                if rank == 3:
                    break
            if best is None:
                return None
            chosen.append(best[2])
        return chosen

    def crowded(self) -> bool:
        """Whether the members that must be there leave no room for one more, and one more is wanted."""
        if self.facts.high is None or len(self.facts.mandatory) < self.facts.high:
            return False
        return any(
            all(self.place_rank(one) == 0 for one in self.places(wanted) if one.name in self.facts.mandatory)
            for wanted in self.facts.wanted
        )

    def place_rank(self, place: Place) -> int:
        if place.name is not None:
            if place.name in self.facts.lacking or not self.name_allowed(place.name):
                return 0
            return self.solver.ask(place.literals).rank
        rank = self.solver.ask(place.name_goal).rank
        return min(rank, self.solver.ask(place.literals).rank) if rank else 0

    def mentioned(self) -> list[str]:
        names = dict(self.facts.mandatory)
        names.update(dict.fromkeys(sorted(self.facts.lacking)))
        for fact in self.facts.universal:
            if fact.name == "members":
                names.update(dict.fromkeys(name for name, _ in fact.data[0]))
        return list(names)

    def places(self, wanted: Wanted) -> Iterator[Place]:
        """Every kind of member that would do; together they cover all names."""
        evaluator = Evaluator(self.solver.terms)
        for name in dict.fromkeys([*self.mentioned(), *wanted.names]):
            hits = [found(pattern, name) for pattern in wanted.patterns]
            misses = [found(pattern, name) for pattern in wanted.included]
            refused = [evaluator.accepts(one.number, name) for one in wanted.name_literals]
            if name not in wanted.names and True not in hits and False not in misses and True not in refused:
                yield Place(name, (), (*self.literals(name), *wanted.literals))
        yield from self.fresh_places(wanted)

    def fresh_places(self, wanted: Wanted) -> Iterator[Place]:
        """Fresh names fall into classes by the patterns they match; each has one goal for its values."""
        solver = self.solver
        patterns = list(
            dict.fromkeys(
                pattern
                for fact in self.facts.universal
                if fact.name == "members"
                for pattern, _ in fact.data[1]
            )
        )
        taken = tuple(sorted({*self.mentioned(), *wanted.names}))
        base = [Literal(True, solver.of_type("string"))]
        base.extend(Literal(True, number) for number in self.facts.name_terms)
        base.extend(wanted.name_literals)
        base.extend(Literal(True, solver.terms.text(pattern)) for pattern in wanted.included)
        base.extend(Literal(False, solver.terms.text(pattern)) for pattern in wanted.patterns)
        if taken:
            base.append(Literal(False, solver.terms.finite(taken)))
        if len(patterns) > PATTERNS_MAX:
            # Too many classes to tell apart: nothing is claimed of the value.
            self.rank, self.reason = min(self.rank, 1), "too many patterns for member names"
            yield Place(None, tuple(base), wanted.literals)
            return
        for signs in product((False, True), repeat=len(patterns)):
            matched = {pattern for pattern, sign in zip(patterns, signs, strict=True) if sign}
            names = [
                *base,
                *(Literal(sign, solver.terms.text(one)) for one, sign in zip(patterns, signs, strict=True)),
            ]
            yield Place(None, tuple(names), (*self.class_literals(matched), *wanted.literals))

    def class_literals(self, matched: set[str]) -> list[Literal]:
        said: list[Literal] = []
        for fact in self.facts.universal:
            if fact.name != "members":
                continue
            _, patterns, additional, closed = fact.data
            hits = [child for pattern, child in patterns if pattern in matched]
            if not hits and additional is not None:
                hits = [additional]
            said.extend(Literal(True, child, closed) for child in hits)
        return said

    def fill(self) -> bool:
        """Adds optional members until there are enough."""
        for name in self.mentioned():
            if len(self.model) >= self.facts.low:
                return True
            if name not in self.model and name not in self.facts.lacking and self.name_allowed(name):
                answer = self.solver.ask(self.literals(name))
                if answer.rank >= 2:
                    self.store(name, answer)
        anything = Wanted((), (), (), (), ())
        for place in self.fresh_places(anything):
            if self.facts.low - len(self.model) > MANY and self.place_rank(place) >= 2:
                self.fill_readable(place)
            if self.facts.low - len(self.model) > SOUGHT_MAX:
                continue
            while len(self.model) < self.facts.low and self.place_rank(place) >= 2:
                before = len(self.model)
                if not self.put_fresh(place) or len(self.model) == before:
                    break
        return len(self.model) >= self.facts.low

    def fill_readable(self, place: Place) -> None:
        """Many members at once, without a search for each name."""
        answer, goal = self.solver.ask(place.literals), frozenset(place.name_goal)
        for name in islice(readable(1), 2 * self.facts.low):
            if len(self.model) >= self.facts.low:
                return
            if name not in self.model and self.solver.accepted(goal, name) is True:
                self.store(name, answer)

    def capacity(self) -> float:
        """How many members there can be at most."""
        named = 0
        for name in self.mentioned():
            if name in self.facts.lacking or not self.name_allowed(name):
                continue
            named += self.solver.ask(self.literals(name)).rank > 0
        fresh = any(self.place_rank(place) > 0 for place in self.fresh_places(Wanted((), (), (), (), ())))
        return float("inf") if fresh else named
