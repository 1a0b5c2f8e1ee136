"""Numbers and strings of a goal: gathers the facts of one case and finds a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compatibility.containment.formats import EXAMPLES, WITHIN
from compatibility.containment.formula import Fact
from compatibility.containment.numbers import NumberFacts, some_number
from compatibility.containment.strings import LENGTH_MAX, StringFacts, some_string
from compatibility.containment.terms import Bound
from compatibility.containment.values import as_json_number, exact

if TYPE_CHECKING:
    from compatibility.containment.solver import Answer, Solver


TOO_LARGE = "the patterns of a string have more states together than the budget allows"


def is_format(fact: Fact) -> bool:
    return fact.name in ("format", "not_format")


def nested_formats(facts: list[Fact]) -> bool:
    """Whether a format is asked for that lies within a refused one."""
    refused = [fact.data[0] for fact in facts if fact.name == "not_format"]
    return any(
        two == fact.data[0] or two in WITHIN.get(fact.data[0], ())
        for fact in facts
        if fact.name == "format"
        for two in refused
    )


def solve_number(facts: list[Fact], solver: Solver) -> Answer:
    from compatibility.containment.solver import NONE, Answer

    gathered = NumberFacts()
    for fact in facts:
        if fact.name == "multiple":
            gathered.multiples.append(fact.data[0])
        elif fact.name == "not_multiple":
            gathered.not_multiples.append(fact.data[0])
        elif fact.name == "at_least":
            gathered.at_least(fact.data[0])
        elif fact.name == "at_most":
            gathered.at_most(fact.data[0])
        elif fact.name == "below":
            gathered.at_most(opposite(fact.data[0]))
        elif fact.name == "above":
            gathered.at_least(opposite(fact.data[0]))
        elif fact.name == "outside":
            gathered.excluded.update(exact(value) for value in fact.data)
    found = some_number(gathered, solver.budget.enumerated_max)
    if found is None:
        return NONE
    if isinstance(found, bool):
        return Answer(1, None, "the numbers are too many to enumerate")
    number = as_json_number(found)
    return Answer(1, None, "the number has no finite decimal") if number is None else Answer(3, number)


def opposite(bound: Bound) -> Bound:
    return Bound(bound.at, not bound.exclusive)


def solve_string(facts: list[Fact], solver: Solver) -> Answer:
    from compatibility.containment.solver import NONE, NOT_MODELLED, Answer

    gathered = StringFacts()
    formats = [fact.data[0] for fact in facts if fact.name == "format"]
    for fact in facts:
        if fact.name == "count":
            low, high = fact.data
            gathered.low = max(gathered.low, low)
            if high is not None:
                gathered.shorten(high)
        elif fact.name == "pattern":
            gathered.patterns.append(fact.data[0])
        elif fact.name == "not_pattern":
            gathered.not_patterns.append(fact.data[0])
        elif fact.name == "outside":
            gathered.excluded.update(fact.data)
    if gathered.low > LENGTH_MAX:
        return Answer(1, None, f"the strings would have {gathered.low} characters, {LENGTH_MAX} are tried")
    text, sure = some_string(gathered, solver.budget.regex_states_max, solver.terms.spend)
    if text is None:
        return NONE if sure else Answer(1, None, TOO_LARGE)
    if sure and not any(is_format(fact) for fact in facts):
        return Answer(3, text)
    examples = (one for name in formats for one in EXAMPLES.get(name, ()) if gathered.admits(one))
    return Answer(2, next(examples, text), NOT_MODELLED)
