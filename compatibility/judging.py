"""Judges pairs of schema places: one table of terms and one solver for a whole comparison."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from compatibility.config import Budget, Policy
from compatibility.containment.confirm import SecondOpinion
from compatibility.containment.contents import Contents, Key, Level, Side
from compatibility.containment.doubts import doubt
from compatibility.containment.formula import Literal as Signed
from compatibility.containment.reader import Reader
from compatibility.containment.rewriting import in_view
from compatibility.containment.sending import Sending, tells
from compatibility.containment.solver import NONE, NOT_MODELLED, Answer, Solver
from compatibility.containment.terms import FALSE, TRUE, Term, Terms
from compatibility.errors import SchemaReadingError, UnknownDialectError
from compatibility.model import Verdict, Witness
from compatibility.places import contents_of, key_of, source_of
from compatibility.schemas import DISAGREED, Candidate, confirmed
from compatibility.text_forms import TextForm
from compatibility.text_values import ReadAsText, Texts
from specs.errors import SpecError
from specs.model import Contract, Node
from specs.schema import self_contained

Flow = Literal["consumed", "produced"]
GOALS_PER_PAIR_MAX = 4_000
STEPS_PER_PAIR_MAX = 300_000
"""Half a second to a second for one pair of places; a contract has thousands of them."""


@dataclass(frozen=True, slots=True)
class View:
    """One side of one direction: which annotated members do not cross, and what becomes of them."""

    side: Side
    hidden: str
    forbidden: bool


def view_of(flow: Flow, side: Side) -> View:
    """Requests carry no `readOnly` members, responses no `writeOnly` ones (OpenAPI 3.0.3, Schema Object).

    Whoever receives refuses what must not be sent; a reader of responses just does not see it.
    """
    if flow == "consumed":
        return View(side, "readOnly", True)
    return View(side, "writeOnly", side == "after")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one pair; `reason` only when unknown."""

    verdict: Verdict
    witness: Witness | None = None
    reason: str = ""


SAME = Judgement("compatible")


@dataclass(slots=True)
class Judge:
    """Everything a comparison remembers about schemas; `declared`: writers send only declared members."""

    before: Contract
    after: Contract
    budget: Budget
    policy: Policy
    declared: bool = True
    terms: Terms = field(default_factory=Terms)
    opinion: SecondOpinion = field(default_factory=SecondOpinion)
    solver: Solver = field(init=False)
    contents: Contents = field(init=False)
    forms: set[Key] = field(default_factory=set)
    """Places whose values are objects because they cross as the parts of a form or as headers."""
    numbers: dict[tuple[View, str, str], int] = field(default_factory=dict)
    plain: dict[tuple[View, str, str], Any] = field(default_factory=dict)
    judged: dict[tuple[Flow, int, int], Answer] = field(default_factory=dict)
    work: dict[tuple[Flow, int, int], tuple[int, int]] = field(default_factory=dict)
    """Goals and steps that each answer took."""
    texts: Texts | None = None
    """How values cross as text; None: they cross as JSON."""

    def __post_init__(self) -> None:
        self.solver = Solver(self.terms, self.budget)
        self.contents = contents_of(self.before, self.after)

    def number(self, node: Node | None, flow: Flow, side: Side) -> int:
        """The term at a place as one direction sees it; no schema at all accepts everything."""
        if node is None:
            return TRUE
        view = view_of(flow, side)
        key = (view, *key_of(node))
        found = self.numbers.get(key)
        if found is None:
            reader = Reader(
                self.terms, "2020-12", hidden=view.hidden, hidden_as=FALSE if view.forbidden else TRUE
            )
            try:
                found = reader.read(source_of(node, side, self.contents))
            except SpecError as error:
                if any(problem.code == "schema.dialect_unknown" for problem in error.problems):
                    raise UnknownDialectError(error.problems[0].message) from error
                raise SchemaReadingError(str(error)) from error
            except RecursionError as error:
                raise SchemaReadingError(f"{node.pointer}: the schema is nested too deeply") from error
            if key_of(node) in self.forms and self.terms.term(found).types is None:
                found = self.terms.intern(replace(self.terms.term(found), types=frozenset(("object",))))
            self.numbers[key] = found
        return found

    def same(self, before: Node, after: Node, level: Level = "validity") -> bool:
        """Whether two places say the same; `promise` counts defaults, deprecations and extensions too."""
        return self.contents.same(key_of(before), key_of(after), level)

    def term(self, number: int) -> Term:
        return self.terms.term(number)

    def answer(self, flow: Flow, source: int, target: int) -> Answer:
        """Whether something the writer sends is not what the reader takes; rank 0 is "nothing"."""
        source, target = self.terms.resolve(source), self.terms.resolve(target)
        key = (flow, source, target)
        known = self.judged.get(key)
        if known is None:
            goals, steps = self.solver.spent, self.terms.steps
            known = self.included(source, target)
            if self.texts is not None:
                known = self.texts.answer(known, source, target, self.included)
            self.judged[key] = known
            self.work[key] = self.solver.spent - goals, self.terms.steps - steps
        return known

    def undecided(self, flow: Flow, source: int, target: int, reason: str) -> str:
        """Why something is not decided, and what was spent on it of what budget."""
        goals, steps = self.work.get((flow, self.terms.resolve(source), self.terms.resolve(target)), (0, 0))
        most = min(GOALS_PER_PAIR_MAX, self.budget.goals_max), min(STEPS_PER_PAIR_MAX, self.budget.steps_max)
        return f"{reason} (spent: {goals} of {most[0]} goals, {steps} of {most[1]} steps)"

    def included(self, source: int, target: int) -> Answer:
        """Whether the one schema has a value, among those that writers send, that the other has not."""
        goals = (Signed(True, source, self.declared), Signed(False, target))
        return self.solver.solve(goals, GOALS_PER_PAIR_MAX, STEPS_PER_PAIR_MAX)

    def as_texts(self, form: TextForm) -> Judge:
        """The same judge for places whose values cross as text."""
        found = copy(self)
        found.judged, found.work, found.texts = {}, {}, Texts(self.terms, form)
        found.opinion = ReadAsText(self.opinion.validators, form=form)
        return found

    def shares_nothing(self, source: int, target: int) -> bool:
        """Whether no value of the one schema is one of the other, as values or as the texts they cross as."""
        texts = self.texts
        one, two = (source, target) if texts is None else (texts.sent(source), texts.sent(target))
        if one is None or two is None:
            return False
        goals = (Signed(True, one, self.declared), Signed(True, two))
        return self.solver.solve(goals, goals_max=500).rank == 0

    def between(self, before: Node, after: Node, flow: Flow) -> Answer:
        """Whether one place may become the other; what says the same may, whatever it says."""
        if self.same(before, after):
            return NONE
        numbers = self.number(before, flow, "before"), self.number(after, flow, "after")
        return self.answer(flow, *(numbers if flow == "consumed" else reversed(numbers)))

    def compare(self, before: Node, after: Node, flow: Flow) -> Judgement:
        """The verdict on two places; breaking only with a witness the second validator confirms."""
        answer = self.between(before, after, flow)
        if answer.rank == 0:
            return SAME
        self.opinion.reason = ""
        witness = self.witness(answer.model, before, after, flow) if answer.rank > 1 else None
        if witness is not None:
            return Judgement("breaking", witness)
        reason = answer.reason or self.opinion.reason or DISAGREED
        sides = self.number(before, flow, "before"), self.number(after, flow, "after")
        if reason == NOT_MODELLED:
            reason = doubt(self.terms, sides).text
        asked = sides if flow == "consumed" else sides[::-1]
        return Judgement("unknown", None, self.undecided(flow, *asked, reason))

    def lost(self, edit: tuple[int, int], before: Node, after: Node, flow: Flow) -> Judgement:
        """Whether one edit of the writer's schema (as it is, edited) takes away what both places refuse.

        What the edit alone takes away another edit may give back; so where the first such value is no
        witness, one is looked for that both schemas refuse. It is the edit that decides, not which is first.
        """
        source, variant = (self.terms.resolve(number) for number in edit)
        answer = self.answer(flow, source, variant)
        witness = self.witness(answer.model, before, after, flow, edit) if answer.rank > 1 else None
        if witness is None and answer.rank > 1 and self.texts is None:
            reader = self.number(
                *((after, flow, "after") if flow == "consumed" else (before, flow, "before"))
            )
            goals = Signed(True, source, self.declared), Signed(False, variant), Signed(False, reader)
            answer = self.solver.solve(goals, GOALS_PER_PAIR_MAX, STEPS_PER_PAIR_MAX)
            witness = self.witness(answer.model, before, after, flow, edit) if answer.rank > 1 else None
        if answer.rank == 0:
            return SAME
        return Judgement("unknown" if witness is None else "breaking", witness, answer.reason)

    def witness(
        self,
        value: Any,
        before: Node | None,
        after: Node | None,
        flow: Flow,
        edit: tuple[int, int] | None = None,
    ) -> Witness | None:
        """The smallest form of a value that shows a break; with an edit, one that this edit takes away."""
        sides: tuple[Side, Side] = ("before", "after") if flow == "consumed" else ("after", "before")
        schemas = {
            "before": self.self_contained(before, flow, "before"),
            "after": self.self_contained(after, flow, "after"),
        }
        numbers = {"before": self.number(before, flow, "before"), "after": self.number(after, flow, "after")}
        pair = Candidate(schemas[sides[0]], schemas[sides[1]], *sides)
        sending = Sending(self.terms)
        source, target = numbers[sides[0]], numbers[sides[1]]

        def sent(one: Any) -> bool | None:
            if edit is not None and not self.refuses(*edit, one):
                return None  # it may be shown, and not shrunk to
            return sending.sends(source, one) if self.declared else True

        return confirmed(value, pair, self.opinion, sent, lambda one: self.refuses(source, target, one))

    def refuses(self, source: int, target: int, value: Any) -> bool:
        """Whether a value of the one term surely is none of the other, as it crosses."""
        if self.texts is None:
            return tells(self.terms, source, target, value)
        return self.texts.refuses(source, target, value)

    def self_contained(self, node: Node | None, flow: Flow, side: Side) -> Any:
        """The schema for the second validator, read by `specs` and not by the reader of terms."""
        if node is None:
            return True
        view = view_of(flow, side)
        key = (view, *key_of(node))
        if key not in self.plain:
            self.plain[key] = in_view(self_contained(node), view.hidden, forbidden=view.forbidden)
        return self.plain[key]


def other(flow: Flow) -> Flow:
    return "produced" if flow == "consumed" else "consumed"
