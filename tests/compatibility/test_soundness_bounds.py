"""Exponential schemas end: with an answer or as unknown, within counted steps, never as a hang or a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compatibility import Budget, compare_schemas

BUDGET = Budget(steps_max=60_000)
OVERRUN = 30_000
"""Steps that one unit of work may still take when the budget is just spent, and those of the confirmation."""


def nested(word: str, leaf: Any, depth: int = 30) -> Any:
    for level in range(depth):
        leaf = {word: [leaf, {"type": "integer", "minimum": level}]}
    return leaf


def deep(levels: int, leaf: Any) -> Any:
    for _ in range(levels):
        leaf = {"properties": {"a": leaf}}
    return leaf


def unevaluated(levels: int, leaf: Any) -> Any:
    for level in range(levels):
        other = {"properties": {f"q{level}": True}}
        leaf = {"anyOf": [leaf, other], "properties": {f"p{level}": {}}, "unevaluatedProperties": False}
    return leaf


def members(count: int, word: str, first: int = 0) -> Any:
    names = [f"p{index}" for index in range(first, count)]
    return {
        word: [
            {"type": "object", "required": [one], "properties": {one: {"type": "integer"}}} for one in names
        ]
    }


def pairwise(count: int) -> Any:
    return {"allOf": [{"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(count)]}


TEXT = {"type": "string"}
PAIRS: dict[str, tuple[Any, Any]] = {
    **{
        f"30 nested {word}": (nested(word, TEXT), nested(word, {**TEXT, "maxLength": 3}))
        for word in ("anyOf", "oneOf", "allOf")
    },
    "60 anyOf against 61": (members(60, "anyOf"), members(61, "anyOf")),
    "60 oneOf against 61": (members(60, "oneOf"), members(61, "oneOf")),
    "30 choices of two": (pairwise(30), {"not": pairwise(30)}),
    "a list of 20000 values": ({"enum": list(range(20_000))}, {"enum": list(range(20_001))}),
    "2000 constants": (
        {"oneOf": [{"const": one} for one in range(2_000)]},
        {"oneOf": [{"const": one} for one in range(1, 2_000)]},
    ),
    "a long string": ({**TEXT, "minLength": 10**9}, {**TEXT, "minLength": 10**9 + 1}),
    "many items": ({"type": "array", "minItems": 10**6}, {"minItems": 10**6 + 1}),
    "many members": ({"type": "object", "minProperties": 10**6}, {"minProperties": 10**6 + 1}),
    "5000 items all different": (
        {"type": "array", "minItems": 5_000, "uniqueItems": True},
        {"maxItems": 9},
    ),
    "5000 names of a pattern": (
        {"type": "object", "minProperties": 5_000, "propertyNames": {"pattern": "^x"}},
        {"maxProperties": 9},
    ),
    "lists of lists": (
        {"type": "array", "minItems": 20_000, "items": {"type": "array", "minItems": 2_000}},
        {"maxItems": 9},
    ),
    "items all different": (
        {"type": "array", "items": {"enum": list(range(200))}, "uniqueItems": True},
        {"maxItems": 199},
    ),
    "a pattern of many states": (
        {**TEXT, "pattern": "^(a|b)*a(a|b){20}$"},
        {**TEXT, "pattern": "^(a|b)*b(a|b){20}$"},
    ),
    "a pattern of repeated repetitions": (
        {**TEXT, "pattern": "^(x{0,999}){0,999}$"},
        {**TEXT, "pattern": "^(x{0,99}){0,999}$"},
    ),
    "a pattern of 1900 letters": ({"pattern": "^" + "a" * 1_900}, {"pattern": "^" + "a" * 1_899 + "b"}),
    "a pattern that backtracks": ({"enum": ["a" * 60 + "!"]}, {"pattern": "^(a+)+$"}),
    "500 levels": (deep(500, {"type": "number"}), deep(500, {"type": "integer"})),
    "5000 levels": (deep(5_000, {"type": "number"}), deep(5_000, {"type": "integer"})),
    "nested unevaluated members": (unevaluated(25, TEXT), unevaluated(25, {"type": "integer"})),
    "a reference to itself": ({"type": "integer"}, {"$ref": "#"}),
    "not itself": ({"not": {"$ref": "#"}}, {"type": "integer"}),
}


@pytest.mark.parametrize("openness", ["strict", "declared"])
@pytest.mark.parametrize("name", PAIRS)
def test_it_ends_within_the_steps_allowed(name: str, openness: str) -> None:
    before, after = PAIRS[name]

    report = compare_schemas(before, after, openness=openness, budget=BUDGET)

    assert report.steps_spent <= BUDGET.steps_max + OVERRUN
    if report.verdict == "unknown":
        assert report.reason
    if report.verdict == "breaking":
        assert report.witness is not None


def test_deep_nesting_is_told_before_any_work() -> None:
    levels = Budget().nesting_max // 2

    told = compare_schemas(deep(levels + 1, {}), {"type": "object"})
    lists: Any = []
    for _ in range(100_000):
        lists = [lists]

    assert (told.verdict, told.steps_spent) == ("unknown", 0)
    assert "more than 1000 levels" in told.reason
    assert "more than 1000 levels" in compare_schemas({}, {"default": lists}).reason
    assert "more than 10 levels" in compare_schemas(deep(5, {}), {}, budget=Budget(nesting_max=10)).reason


def test_the_report_says_that_the_budget_is_spent() -> None:
    report = compare_schemas(*PAIRS["30 nested oneOf"], openness="strict", budget=Budget(steps_max=1_000))

    assert (report.verdict, report.reason) == ("unknown", "the work budget is spent")


def test_a_text_only_python_can_match_is_not_matched_for_ever() -> None:
    before, after = {"enum": ["a" * 60 + "!"]}, {"pattern": r"^(?=a)(a+)+$"}

    report = compare_schemas(before, after)

    assert report.verdict == "unknown"


@pytest.mark.parametrize(("step", "verdict"), [(9_973, "breaking"), (9_967 * 9_949, "compatible")])
def test_steps_without_a_common_measure_are_told_by_the_first_values(step: int, verdict: str) -> None:
    after = {"allOf": [{"multipleOf": prime} for prime in (9_967, 9_949)]}

    assert compare_schemas({"type": "integer", "multipleOf": step}, after).verdict == verdict


def called_below(frames: int, work: Callable[[], Any]) -> Any:
    return work() if frames == 0 else called_below(frames - 1, work)


@pytest.mark.parametrize("frames", range(0, 20, 2))
def test_a_schema_that_denies_itself_ends_however_deep_the_stack_already_is(frames: int) -> None:
    # Once Python's limit was reached inside of a lookup of the library, where it is no exception.
    before, after = PAIRS["not itself"]

    report = called_below(frames, lambda: compare_schemas(before, after))

    assert report.verdict == "unknown"
