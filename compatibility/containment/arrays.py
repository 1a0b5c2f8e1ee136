"""Arrays of one case: how long, what stands where, how many of which, all different or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from compatibility.containment.formula import Fact, Literal
from compatibility.containment.terms import TRUE
from compatibility.containment.values import key

if TYPE_CHECKING:
    from compatibility.containment.solver import Answer, Solver

LENGTH_MAX = 25_000
"""Longer arrays are not made, and without a witness nothing is called breaking."""
UNIQUE_MAX = 300
"""Items that all differ are sought one after the other, each beside all the others."""
EXCLUDED_MAX = 20
PLACED = "not all ways to place the items of an array were tried (`contains`, `uniqueItems`)"
LISTED = "not all ways to be another array than those listed were tried (`enum`, `const`)"


@dataclass(slots=True)
class ArrayFacts:
    """A conjunction of constraints on one array."""

    universal: list[tuple[tuple[int, ...], int | None, bool]] = field(default_factory=list)
    at: dict[int, list[Literal]] = field(default_factory=dict)
    somewhere: list[tuple[int, Literal]] = field(default_factory=list)
    contains: list[tuple[int, int, int | None]] = field(default_factory=list)
    everywhere: list[Literal] = field(default_factory=list)
    low: int = 0
    high: int | None = None
    unique: bool = False
    repeated: bool = False
    clash: bool = False
    excluded: list[Any] = field(default_factory=list)

    def shorten(self, high: int) -> None:
        self.high = high if self.high is None else min(self.high, high)

    def lengthen(self, low: int) -> None:
        self.low = max(self.low, low)

    def hold(self, term: int, low: int, high: int | None) -> None:
        """Between `low` and `high` items of a term; two such facts on one term are one."""
        for index, (other, least, most) in enumerate(self.contains):
            if other == term:
                low = max(low, least)
                high = most if high is None else high if most is None else min(high, most)
                del self.contains[index]
                break
        self.contains.append((term, low, high))
        self.lengthen(low)
        self.clash = self.clash or (high is not None and low > high)

    @property
    def impossible(self) -> bool:
        if self.clash:
            return True
        return self.high is not None and self.low > self.high


def solve_array(facts: list[Fact], solver: Solver) -> Answer:
    from compatibility.containment.solver import NONE, Answer

    gathered = gather(facts)
    if gathered.impossible:
        return NONE
    builder = Builder(gathered, solver)
    if not builder.bounded():
        return NONE
    most = UNIQUE_MAX if gathered.unique else LENGTH_MAX
    if gathered.low > most:
        different = " different" if gathered.unique else ""
        return Answer(1, None, f"the arrays would have {gathered.low}{different} items, {most} are tried")
    best: Answer = NONE
    for choice in builder.choices():
        answer = builder.build(choice)
        if answer.rank == 3:
            return answer
        if answer.rank > best.rank:
            best = answer
    return best


def gather(facts: list[Fact]) -> ArrayFacts:
    gathered = ArrayFacts()
    for fact in facts:
        data = fact.data
        if fact.name == "items":
            gathered.universal.append((data[0], data[1], data[2]))
        elif fact.name == "item_at":
            gathered.at.setdefault(data[0], []).append(data[1])
            gathered.lengthen(data[0] + 1)
        elif fact.name == "item_from":
            gathered.somewhere.append((data[0], data[1]))
            gathered.lengthen(data[0] + 1)
        elif fact.name == "count":
            gathered.lengthen(data[0])
            if data[1] is not None:
                gathered.shorten(data[1])
        elif fact.name == "contains":
            term, low, high = data
            if high == 0 and low == 0:
                gathered.everywhere.append(Literal(False, term))
            else:
                gathered.hold(term, low, high)
        elif fact.name == "unique":
            gathered.unique = True
        elif fact.name == "repeated":
            gathered.repeated = True
            gathered.lengthen(2)
        elif fact.name == "outside":
            gathered.excluded.extend(data)
    return gathered


@dataclass(slots=True)
class Builder:
    """Bounds the length, then puts arrays together for each choice of where the special items go."""

    facts: ArrayFacts
    solver: Solver

    @property
    def rest(self) -> int:
        """The first position from which all positions are alike."""
        ends = [len(prefix) for prefix, _, _ in self.facts.universal]
        ends.extend(index + 1 for index in self.facts.at)
        ends.extend(start for start, _ in self.facts.somewhere)
        return max(ends, default=0)

    def literals(self, index: int) -> list[Literal]:
        said = list(self.facts.everywhere)
        for prefix, items, closed in self.facts.universal:
            child = prefix[index] if index < len(prefix) else items
            if child is not None and child != TRUE:
                said.append(Literal(True, child, closed))
        said.extend(self.facts.at.get(index, ()))
        return said

    def rank(self, index: int, *more: Literal) -> int:
        return self.solver.ask([*self.literals(index), *more]).rank

    def positions(self) -> range:
        """The different positions within the length, the last one standing for all that follow."""
        last = self.rest
        return range(last + 1 if self.facts.high is None else min(last + 1, self.facts.high))

    def bounded(self) -> bool:
        """Tightens the length by what items can be; False when no length is left."""
        facts = self.facts
        for index in self.positions():
            if self.rank(index) == 0:
                facts.shorten(index)
                break
        for term, low, high in facts.contains:
            inside, outside = Literal(True, term), Literal(False, term)
            may = [index for index in self.positions() if self.rank(index, inside) > 0]
            if low > 0 and self.rest not in may and len(may) < low:
                return False
            must = [index for index in self.positions() if self.rank(index, outside) == 0]
            if len(must) == len(self.positions()):
                facts.lengthen(low)
                if high is not None:
                    facts.shorten(high)
            elif high is not None and sum(1 for index in must if index < facts.low) > high:
                return False
        if facts.unique and self.rest == 0:
            values = self.finite()
            if values is not None:
                facts.shorten(values)
        return not facts.impossible

    def finite(self) -> int | None:
        """How many different items there can be; None when that is not known to be finite."""
        said = self.literals(0)
        for literal in said:
            term = self.solver.terms.term(literal.number)
            if not literal.positive:
                continue
            if term.enum is not None:
                goal = frozenset(said)
                kept = {key(value) for value in term.enum if self.solver.accepted(goal, value) is not False}
                return len(kept)
            if term.types is not None and term.types <= {"null", "boolean"}:
                return sum({"null": 1, "boolean": 2}[kind] for kind in term.types)
        return None

    def choices(self) -> Iterator[dict[int, list[Literal]]]:
        """Where the items that must exist somewhere are put: position -> what they add there."""
        ways: list[list[int]] = []
        for start, literal in self.facts.somewhere:
            places = [index for index in self.positions() if index >= start and self.rank(index, literal) > 0]
            if not places:
                return
            ways.append(places)
        for offset in range(max((len(places) for places in ways), default=1)):
            choice: dict[int, list[Literal]] = {}
            for (_, literal), places in zip(self.facts.somewhere, ways, strict=True):
                choice.setdefault(places[min(offset, len(places) - 1)], []).append(literal)
            yield choice

    def build(self, choice: dict[int, list[Literal]]) -> Answer:
        from compatibility.containment.solver import NONE, Answer

        wanted = {index: list(literals) for index, literals in choice.items()}
        length = max([self.facts.low, *(index + 1 for index in wanted)])
        if self.facts.high is not None and length > self.facts.high:
            return Answer(1, None, PLACED)
        failing = self.place_contained(wanted, length)
        if failing is not None:
            # Each way to place the one special item is a choice, and in this one the first count fails.
            sure = failing == 0 and len(self.facts.somewhere) < 2
            return NONE if sure else Answer(1, None, PLACED)
        length = max([length, *(index + 1 for index in wanted)])
        if self.facts.repeated:
            return self.with_repetition(wanted, length)
        model: list[Any] = []
        rank, reason = 3, ""
        for index in range(length):
            goal = [*self.literals(index), *wanted.get(index, ())]
            answer = self.solver.distinct(goal, model) if self.facts.unique else self.solver.ask(goal)
            if answer.rank == 0:
                single = not self.facts.unique and len(self.facts.somewhere) < 2 and not self.facts.contains
                return NONE if single else Answer(1, None, PLACED)
            if answer.rank < rank:
                rank, reason = answer.rank, answer.reason
            model.append(answer.model)
        if not self.avoid_excluded(model, wanted):
            return Answer(1, None, LISTED)
        return Answer(rank, model if rank > 1 else None, reason)

    def avoid_excluded(self, model: list[Any], wanted: dict[int, list[Literal]]) -> bool:
        """Makes the array another one than those listed: by one more item, or by another last item."""
        if not self.facts.excluded:
            return True
        excluded = {key(value) for value in self.facts.excluded}
        for _ in range(min(len(excluded), EXCLUDED_MAX)):
            if key(model) not in excluded:
                return True
            longer = self.facts.high is None or len(model) < self.facts.high
            if longer and all(most is None for _, _, most in self.facts.contains):
                taken = model if self.facts.unique else []
                more = self.solver.distinct(self.literals(len(model)), taken)
                if more.rank == 3:
                    model.append(more.model)
                    continue
            if not model:
                return False
            place = len(model) - 1
            rivals = [one[place] for one in self.facts.excluded if isinstance(one, list) and len(one) > place]
            goal = [*self.literals(place), *wanted.get(place, ())]
            other = self.solver.distinct(goal, [*rivals, *(model[:place] if self.facts.unique else ())])
            if other.rank != 3:
                return False
            model[place] = other.model
        return key(model) not in excluded

    def place_contained(self, wanted: dict[int, list[Literal]], length: int) -> int | None:
        """Chooses the items that `contains` asks for, and keeps the others out where there is a maximum.

        Returns which of them finds too few places; None when each finds enough.
        """
        high = self.facts.high
        for number, (term, low, most) in enumerate(self.facts.contains):
            inside, outside = Literal(True, term), Literal(False, term)
            # Behind all that is special, so many more items always find room.
            end = max(length, self.rest, *(index + 1 for index in wanted), 0) + low
            end = end if high is None else min(end, high)
            fitting = [index for index in range(end) if self.rank(index, inside, *wanted.get(index, ())) > 0]
            fitting.sort(key=lambda index: (self.rank(index, outside) > 0, index))
            chosen = fitting[:low]
            if len(chosen) < low:
                return number
            for index in chosen:
                wanted.setdefault(index, []).append(inside)
            if most is not None:
                for index in range(max(length, max(chosen, default=-1) + 1)):
                    if index not in chosen and self.rank(index, outside, *wanted.get(index, ())) > 0:
                        wanted.setdefault(index, []).append(outside)
        return None

    def with_repetition(self, wanted: dict[int, list[Literal]], length: int) -> Answer:
        """Two equal items: the same value has to suit both of their positions."""
        from compatibility.containment.solver import NONE, Answer

        end = self.rest + 2 if self.facts.high is None else min(self.rest + 2, self.facts.high)
        best: Answer = NONE
        for second in range(1, end):
            for first in range(second):
                pair = [
                    *self.literals(first),
                    *self.literals(second),
                    *wanted.get(first, ()),
                    *wanted.get(second, ()),
                ]
                shared = self.solver.ask(pair)
                if shared.rank == 0:
                    continue
                answers = [
                    shared
                    if index in (first, second)
                    else self.solver.ask([*self.literals(index), *wanted.get(index, ())])
                    for index in range(max(length, second + 1))
                ]
                rank = min(answer.rank for answer in answers)
                if rank == 3:
                    return Answer(3, [answer.model for answer in answers])
                if best.rank == 0:
                    best = Answer(1, None, PLACED)
        return best
