"""Looks for a value that satisfies a goal, a set of signed terms, by chaotic iteration.

Every goal starts as "has no value". A goal is evaluated with what is known of the goals below it; when one
of those rises, the goals that asked for it are evaluated again. What never rises has no value: the least
fixpoint, which is what finite JSON values are. Recursion is a goal asking for itself, and needs no stack.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from compatibility.config import Budget
from compatibility.containment import arrays, objects
from compatibility.containment.arrays import solve_array
from compatibility.containment.branches import Overflow, branches
from compatibility.containment.cases import Cases
from compatibility.containment.differences import differing
from compatibility.containment.evaluate import Evaluator
from compatibility.containment.formula import Formulas, Literal, conj
from compatibility.containment.inclusion import Inclusion
from compatibility.containment.objects import solve_object
from compatibility.containment.scalars import is_format, nested_formats, solve_number, solve_string
from compatibility.containment.sending import Sending
from compatibility.containment.sight import Sight, only_alternatives
from compatibility.containment.terms import FALSE, TRUE, Term, Terms, WorkSpentError
from compatibility.containment.values import TYPES, key, larger

Goal = frozenset[Literal]
TOO_DEEP = "the schemas are nested too deeply"
OUT_OF_BUDGET = "the work budget is spent"
NOT_MODELLED = "a keyword that is not modelled takes part"
"""Which one is told when the verdict is (`doubts`); while searching nobody reads it."""
CASES_PER_GOAL = 20
"""So many cases of one goal count as one more goal of the budget."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`rank` 0: no value exists. 1: not known. 2: `model` is a candidate. 3: `model` is a value of it."""

    rank: int
    model: Any = None
    reason: str = ""


NONE = Answer(0)


@dataclass(slots=True)
class Run:
    """One fixpoint computation."""

    answers: dict[Goal, Answer] = field(default_factory=dict)
    askers: dict[Goal, dict[Goal, None]] = field(default_factory=dict)
    waiting: list[Goal] = field(default_factory=list)
    current: Goal | None = None
    shared: bool = True


@dataclass(slots=True)
class Solver:
    """Answers goals of one table of terms; what it once proved it keeps."""

    terms: Terms
    budget: Budget
    sight: Sight = field(init=False)
    inclusion: Inclusion = field(init=False)
    cases: Cases = field(init=False)
    settled: dict[Goal, Answer] = field(default_factory=dict)
    spent: int = 0
    run: Run = field(default_factory=Run)
    normals: dict[tuple[Literal, ...], Goal | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sight = Sight(self.terms)
        self.inclusion = Inclusion(self.terms, self.sight)
        self.cases = Cases(self.terms, self.sight, self.solve)

    def solve(
        self, literals: Iterable[Literal], goals_max: int | None = None, steps_max: int | None = None
    ) -> Answer:
        """A value that every literal agrees with, or the knowledge that there is none."""
        outer, self.run = self.run, Run()
        limit = self.terms.steps_max
        own = self.terms.steps + (self.budget.steps_max if steps_max is None else steps_max)
        self.terms.steps_max = own if limit is None else min(own, limit)
        try:
            return self.searched(literals, goals_max)
        except WorkSpentError:
            self.keep_models()
            return Answer(1, None, OUT_OF_BUDGET)
        except RecursionError:
            return Answer(1, None, TOO_DEEP)
        finally:
            self.run = outer
            self.terms.steps_max = limit
            if limit is None:
                self.inclusion.asked.clear()

    def searched(self, literals: Iterable[Literal], goals_max: int | None) -> Answer:
        held = tuple(literals)
        goal = self.normal(held)
        if goal is None or self.shown(held):
            return NONE
        if goal in self.settled:
            return self.settled[goal]
        limit = min(self.budget.goals_max, self.spent + goals_max) if goals_max else self.budget.goals_max
        return self.iterate(goal, limit)

    def shown(self, held: tuple[Literal, ...]) -> bool:
        """Whether keywords alone show that what one literal asks for another one refuses."""
        wanted = [one for one in held if one.positive]
        return any(
            self.inclusion.within(said.number, one.number, said.closed and len(wanted) == 1)
            for one in held
            if not one.positive
            for said in wanted
        )

    def iterate(self, goal: Goal, limit: int) -> Answer:
        run = self.run
        run.answers[goal] = NONE
        run.waiting.append(goal)
        while run.waiting:
            if self.spent >= limit:
                return self.give_up(goal)
            current = run.waiting.pop()
            before = run.answers[current]
            if before.rank == 3:
                continue
            self.spent += 1
            run.current = current
            after = self.evaluate(current)
            if after.rank > before.rank:
                run.answers[current] = after
                run.waiting.extend(run.askers.pop(current, ()))
                if current == goal and after.rank == 3:
                    break
        else:
            self.settled.update(run.answers)
            return run.answers[goal]
        self.keep_models()
        return run.answers[goal]

    def keep_models(self) -> None:
        """Models are true whatever is still open."""
        self.settled.update({one: answer for one, answer in self.run.answers.items() if answer.rank == 3})

    def give_up(self, goal: Goal) -> Answer:
        self.keep_models()
        answer = self.run.answers[goal]
        return answer if answer.rank == 3 else Answer(max(answer.rank, 1), answer.model, OUT_OF_BUDGET)

    def ask(self, literals: Iterable[Literal]) -> Answer:
        """What is known so far of a goal below the one under evaluation."""
        goal = self.normal(literals)
        if goal is None:
            return NONE
        known = self.settled.get(goal)
        if known is not None:
            return known
        run = self.run
        answer = run.answers.get(goal)
        if answer is None:
            run.answers[goal] = answer = NONE
            run.waiting.append(goal)
        if answer.rank < 3 and run.current is not None:
            run.askers.setdefault(goal, {})[run.current] = None
        return answer

    def normal(self, literals: Iterable[Literal]) -> Goal | None:
        """References followed, conjunctions taken apart; None when it contradicts itself on sight."""
        held = tuple(literals)
        self.terms.spend(1 + len(held) // 4)
        if held not in self.normals:
            self.normals[held] = self.normalized(held)
        return self.normals[held]

    def normalized(self, literals: tuple[Literal, ...]) -> Goal | None:
        """Each literal that is a conjunction gives way to its parts, which are smaller than it.

        Nothing is added beside what it comes from: so splitting a goal into cases always ends, and a goal
        can only ask for itself by going down into a member or an item.
        """
        seen: set[Literal] = set()
        found: set[Literal] = set()
        waiting = list(literals)
        sent: set[Hashable] = set()
        refused: set[Hashable] = set()
        while waiting:
            literal = waiting.pop()
            view = self.terms.views.get(literal.number)
            if view is not None and (view[1] == FALSE) is literal.positive:
                # An unchanged place whose hidden members are not sent, and whose reader does not look.
                (sent if literal.positive else refused).add(view[0])
            self.terms.spend()
            number = self.terms.resolve(literal.number)
            if number in (TRUE, FALSE):
                if literal.positive is (number == FALSE):
                    return None
                continue
            normal = Literal(literal.positive, number, literal.closed and literal.positive)
            if normal in seen:
                continue
            seen.add(normal)
            parts = (
                self.sight.pieces(number) if literal.positive else only_alternatives(self.terms.term(number))
            )
            if parts:
                waiting.extend(Literal(literal.positive, part, literal.closed) for part in parts)
            else:
                found.add(normal)
        return None if sent & refused else self.reduced(seen, found)

    def reduced(self, seen: set[Literal], found: set[Literal]) -> Goal | None:
        """Drops what other literals say already; None when two contradict each other on sight."""
        positive = {literal.number for literal in seen if literal.positive}
        if any(not literal.positive and literal.number in positive for literal in seen):
            return None
        closed = {literal.number for literal in found if literal.closed}
        wanted = {one for one in found if one.positive and (one.closed or one.number not in closed)}
        refused = {one for one in found if not one.positive}
        # What several closed literals declare is their union, so only a single one says what is absent.
        alone = len({one.number for one in wanted if one.closed}) == 1
        if any(
            self.inclusion.within(said.number, one.number, said.closed and alone)
            for one in refused
            for said in wanted
        ):
            return None
        return frozenset(
            wanted
            | {one for one in refused if not any(self.sight.apart(said, one.number) for said in positive)}
        )

    def of_type(self, kind: str) -> int:
        return self.terms.intern(Term(types=frozenset((kind,))))

    def evaluate(self, goal: Goal) -> Answer:
        """One step: each JSON type in turn, the first certain value wins."""
        for literal in sorted(goal, key=lambda one: (not one.positive, one)):
            cases = self.cases.of(goal, literal)
            if cases is not None and all(self.normal(case) != goal for case in cases):
                return self.any_combination(goal, literal, cases)
            # A case that changes nothing is already part of the goal: the literal says nothing more.
        best = NONE
        for kind in TYPES:
            answer = self.of_kind(goal, kind)
            if answer.rank == 3:
                return answer
            if answer.rank > best.rank:
                best = answer
        return best

    def any_combination(self, goal: Goal, literal: Literal, cases: list[list[Literal]]) -> Answer:
        """The union of the cases; all valid values too where a writer can follow too many ways."""
        best = self.any_of(cases)
        if best.rank == 3 or not (literal.closed and self.cases.incomplete(literal)):
            return best
        valid = self.ask([*(goal - {literal}), Literal(True, literal.number)])
        if valid.rank == 0 or (valid.rank == 3 and self.sent(goal, valid.model)):
            return best if valid.rank == 0 else valid
        return best if best.rank > 1 else Answer(1, None, "too many alternatives can be combined")

    def any_of(self, goals: list[list[Literal]]) -> Answer:
        """A goal that is the union of others."""
        best = NONE
        for goal in goals:
            answer = self.ask(goal)
            if answer.rank == 3:
                return answer
            if answer.rank > best.rank:
                best = answer
        return best

    def of_kind(self, goal: Goal, kind: str) -> Answer:
        if kind == "null":
            return self.among(goal, (None,))
        if kind == "boolean":
            return self.among(goal, (True, False))
        formulas = Formulas(self.terms, self.cases.disjoint, self.sight.together, self.budget.depth_max)
        ordered = sorted(goal, key=lambda literal: (not literal.positive, literal.number))
        formula = conj([formulas.of(literal, kind) for literal in ordered])
        best = NONE
        try:
            for count, facts in enumerate(branches(formula, self), start=1):
                self.spent += count % CASES_PER_GOAL == 0
                answer = self.branch(goal, kind, facts)
                if answer.rank == 3:
                    return answer
                if answer.rank > best.rank:
                    best = answer
        except Overflow:
            return best if best.rank > 1 else Answer(1, None, "too many cases")
        return best

    def branch(self, goal: Goal, kind: str, facts: list[Any]) -> Answer:
        """One conjunction of facts."""
        listed: list[tuple[Any, ...]] = [fact.data for fact in facts if fact.name == "among"]
        if listed:
            sizes = [len(values) for values in listed]
            return self.among(goal, listed[sizes.index(min(sizes))])
        if nested_formats(facts):
            return NONE
        unsure = any(fact.name == "unsure" or (kind != "string" and is_format(fact)) for fact in facts)
        solve = {"number": solve_number, "string": solve_string, "array": solve_array, "object": solve_object}
        answer = solve[kind](facts, self)
        if answer.rank == 3 and larger(answer.model, self.budget.model_size_max):
            return Answer(1, None, f"the value found has more than {self.budget.model_size_max} parts")
        if answer.rank == 1 and answer.reason in (arrays.LISTED, objects.LISTED):
            answer = self.told_apart(goal, kind, facts, answer)
        if answer.rank == 3 and unsure:
            stands = self.accepted(goal, answer.model) and self.sent(goal, answer.model)
            return answer if stands else Answer(2, answer.model, NOT_MODELLED)
        if answer.rank == 3 and self.accepted(goal, answer.model) is False:
            return Answer(1, None, "the value found does not stand")
        return answer

    def told_apart(self, goal: Goal, kind: str, facts: list[Any], undecided: Answer) -> Answer:
        """The case once more with what its listed values exclude told as cases; undecided without any."""
        listed = tuple(value for fact in facts if fact.name == "outside" for value in fact.data)
        formula = differing(self.terms, listed) if listed else None
        if formula is None:
            return undecided
        kept = [fact for fact in facts if fact.name != "outside"]
        best = NONE
        try:
            for case in branches(conj([*kept, formula]), self):
                answer = self.branch(goal, kind, case)
                best = answer if answer.rank > best.rank else best
                if best.rank == 3:
                    break
        except Overflow:
            return best if best.rank > 1 else undecided
        return best

    def sent(self, goal: Goal, value: Any) -> bool:
        """Whether a value that the goal accepts is surely one of those its writers send."""
        closed = [one.number for one in goal if one.closed]
        return not closed or Sending(self.terms).covers(closed, value) is True

    def accepted(self, goal: Goal, value: Any) -> bool | None:
        from compatibility.containment.evaluate import conjunction, negation

        evaluator = Evaluator(self.terms)
        return conjunction(
            evaluator.accepts(one.number, value)
            if one.positive
            else negation(evaluator.accepts(one.number, value))
            for one in goal
        )

    def among(self, goal: Goal, values: Iterable[Any]) -> Answer:
        """The goal when only these values are possible."""
        best = NONE
        for value in values:
            accepted = self.accepted(goal, value)
            if accepted:
                return Answer(3, value)
            if accepted is None and best.rank == 0:
                best = Answer(2, value, NOT_MODELLED)
        return best

    def distinct(self, literals: Iterable[Literal], taken: list[Any]) -> Answer:
        """A value of the goal that is none of those already taken."""
        if not taken:
            return self.ask(literals)
        other = self.terms.finite(tuple(sorted(taken, key=lambda value: repr(key(value)))))
        return self.ask([*literals, Literal(False, other)])
