"""Compares two schemas: proved compatible, refuted with a witness, or unknown with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from compatibility.config import Budget, ReportLimits
from compatibility.containment.confirm import SecondOpinion, Spoken
from compatibility.containment.contents import Side
from compatibility.containment.doubts import Doubt, doubt
from compatibility.containment.formula import Literal as Signed
from compatibility.containment.lowering import DIALECTS
from compatibility.containment.reader import Reader
from compatibility.containment.sending import Sending, tells
from compatibility.containment.shrink import shrunk
from compatibility.containment.solver import NOT_MODELLED, TOO_DEEP, Solver
from compatibility.containment.source import PlainSource, places, plain_sources
from compatibility.containment.survey import nesting, surveyed
from compatibility.containment.terms import Terms
from compatibility.containment.values import size
from compatibility.errors import CompatibilityError, UnknownDialectError
from compatibility.model import Witness
from compatibility.schema_report import SchemaReport
from specs.dialects import dialect_of_uri

DISAGREED = "the second validator does not agree with the witness"


def compare_schemas(
    before: Any,
    after: Any,
    *,
    dialect: str | None = None,
    direction: str = "consumed",
    openness: str = "declared",
    formats: str = "annotation",
    budget: Budget | None = None,
) -> SchemaReport:
    """Whether every value that was fine still is (`consumed`), or all that is sent was promised (`produced`).

    Both schemas are parsed JSON (dict or bool). `openness` `declared`: writers send only declared members;
    `strict`: pure inclusion. `formats`: `annotation` or `assertion`. Errors: UnknownDialectError,
    SchemaReadingError (a reference to nowhere, a keyword of the wrong kind; all of them at once). A schema
    that says the same on both sides is compatible with itself, whatever it means.
    """
    for word, chosen, known in (
        ("direction", direction, ("consumed", "produced")),
        ("openness", openness, ("declared", "strict")),
        ("formats", formats, ("annotation", "assertion")),
    ):
        if chosen not in known:
            raise CompatibilityError(f"{word} {chosen!r} is not one of {', '.join(known)}")
    dialects = known_dialect(dialect, before), known_dialect(dialect, after)
    allowed = budget or Budget()
    if any(nesting(schema, allowed.nesting_max) for schema in (before, after)):
        return SchemaReport("unknown", reason=f"{TOO_DEEP}: more than {allowed.nesting_max} levels")
    try:
        tops, contents = plain_sources(before, after, dialects)
        not_read, not_judged = surveyed(tops)
        if contents.same(("", ""), ("", "")):
            return SchemaReport("compatible", not_read=not_read)
        question = Question(tops, direction == "consumed", openness == "declared", formats == "assertion")
        found = replace(judged(question, allowed), not_read=not_read, not_judged=not_judged)
    except RecursionError:
        return SchemaReport("unknown", reason=TOO_DEEP)
    if not_judged and found.verdict != "breaking":
        return replace(found, verdict="unknown", reason=not_judged[0])
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """Two schemas (before, after) and how they are read."""

    tops: tuple[PlainSource, PlainSource]
    consumed: bool
    closed: bool
    asserts_formats: bool


def judged(question: Question, budget: Budget) -> SchemaReport:
    terms = Terms()
    tops = question.tops if question.consumed else question.tops[::-1]
    numbers = [Reader(terms, top.dialect(), question.asserts_formats).read(top) for top in tops]
    solver = Solver(terms, budget)
    opinion = SecondOpinion()

    def sent(value: Any) -> bool | None:
        return not question.closed or Sending(terms).sends(numbers[0], value)

    accepting, rejecting = (Spoken(top.root, top.dialect(), question.asserts_formats) for top in tops)
    pair = Candidate(accepting, rejecting, tops[0].side, tops[1].side)
    tried: list[Any] = []
    reason = ""
    while len(tried) < ReportLimits().witnesses_tried_max:
        others = (Signed(False, terms.finite(tuple(tried))),) if tried else ()
        goal = (Signed(True, numbers[0], question.closed), Signed(False, numbers[1]), *others)
        answer = solver.solve(goal, steps_max=max(0, budget.steps_max - terms.steps))
        if answer.rank == 0 and not tried:
            return SchemaReport("compatible", None, "", solver.spent, terms.steps)
        reason = reason or answer.reason
        if answer.rank < 2:
            break
        witness = confirmed(
            answer.model, pair, opinion, sent, lambda one: tells(terms, numbers[0], numbers[1], one)
        )
        if witness is not None:
            return SchemaReport("breaking", witness, "", solver.spent, terms.steps)
        known = tells(terms, numbers[0], numbers[1], answer.model)
        reason = reason or opinion.reason or ("" if known else NOT_MODELLED)
        if opinion.reason or answer.rank == 2:
            break
        tried.append(answer.model)
    told = located(doubt(terms, numbers), tops) if reason == NOT_MODELLED else reason or DISAGREED
    return SchemaReport("unknown", None, told, solver.spent, terms.steps)


def located(found: Doubt, tops: tuple[PlainSource, PlainSource]) -> str:
    """A doubt with the place it is about."""
    for top in sorted(tops, key=lambda one: one.side == "after") if found.keyword else ():
        for place in places(top, found.keyword):
            said = place.value[found.keyword]
            holds = (
                found.value in said if found.keyword == "patternProperties" else found.value in (None, said)
            )
            if holds:
                return f"{top.side} #{place.pointer}: {found.text}"
    return found.text


def same_form(before: Any, after: Any, dialect: str) -> bool:
    """Whether two schemas say the same without any proof: canonical forms that are equal."""
    _, contents = plain_sources(before, after, (dialect, dialect))
    return contents.same(("", ""), ("", ""))


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a witness is to show: one schema accepts it, the other does not; and of which sides they are."""

    accepting: Any
    rejecting: Any
    source: Side
    target: Side


def confirmed(
    value: Any,
    pair: Candidate,
    opinion: SecondOpinion,
    sent: Callable[[Any], bool | None],
    told: Callable[[Any], bool],
) -> Witness | None:
    """The smallest form of a witness that the second validator confirms; None when it does not.

    `sent` says whether writers send a value; what it does not know (None) may be shown, not shrunk to.
    `told` says whether the engine itself tells that a value is a witness: it is asked on the way down, the
    second validator, which takes a hundred times as long, at both ends; where they differ, all the way.
    """

    def stands(candidate: Any) -> bool:
        return opinion.confirms(pair.accepting, pair.rejecting, candidate)

    if not stands(value) or sent(value) is False:
        return None
    limits = ReportLimits()
    steps_max = min(limits.witness_shrink_steps_max, limits.witness_shrink_values_max // size(value))
    small = value
    if told(value):
        small = shrunk(value, lambda one: told(one) and sent(one) is True, steps_max)
    if not told(value) or not stands(small):
        small = shrunk(value, lambda one: stands(one) and sent(one) is True, steps_max)
    error = opinion.complaint(pair.rejecting, small)
    return Witness(small, pair.source, pair.target, error or "")


def known_dialect(dialect: str | None, schema: Any) -> str:
    """The dialect asked for, or the one a schema names under `$schema`; 2020-12 when it names none."""
    if dialect is not None:
        if dialect not in DIALECTS:
            raise UnknownDialectError(f"{dialect!r} is not one of {', '.join(sorted(DIALECTS))}")
        return dialect
    named = schema.get("$schema") if isinstance(schema, dict) else None
    if named is None:
        return "2020-12"
    found = dialect_of_uri(named) if isinstance(named, str) else None
    if found is None:
        raise UnknownDialectError(
            f"$schema {named!r} is not one of {', '.join(sorted(DIALECTS))}; give the dialect to read it in"
        )
    return found.value


__all__ = ["SchemaReport", "compare_schemas"]
