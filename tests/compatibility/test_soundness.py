"""Small random schemas against a brute-force oracle: a proof must hold for every small value."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compatibility import compare_schemas

SCALARS = [None, True, False, 0, 1, 2, -1, 0.5, 1.5, "", "a", "ab", "b"]
VALUES: list[Any] = [
    *SCALARS,
    [],
    {},
    *([one] for one in SCALARS),
    *([one, two] for one in (1, "a", None, True) for two in (1, "a", 0)),
    *({name: one} for name in ("a", "b", "zz") for one in SCALARS),
    *({"a": one, "b": two} for one in (1, "a", None, []) for two in (1, "b", True)),
    {"a": {"a": 1}},
    [[1]],
]
NAMES = st.sampled_from(["a", "b"])
LEAVES = st.sampled_from(
    [
        True,
        False,
        {},
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"const": 1},
        {"enum": ["a", 1, None]},
    ]
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    words = {
        "type": st.sampled_from(
            ["object", "array", "string", "number", "integer", ["object", "null"], ["string", "integer"]]
        ),
        "enum": st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3),
        "minimum": st.sampled_from([0, 1, 0.5]),
        "exclusiveMaximum": st.sampled_from([1, 2]),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["a", "^a", "b$", "^[ab]+$"]),
        "properties": st.dictionaries(NAMES, inner, max_size=2),
        "required": st.lists(NAMES, min_size=1, max_size=2, unique=True),
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=1),
        "propertyNames": st.sampled_from([{"pattern": "^a"}, {"enum": ["a", "b"]}, {"maxLength": 1}]),
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "dependentRequired": st.just({"a": ["b"]}),
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "uniqueItems": st.just(value=True),
        "contains": inner,
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "not": inner,
    }
    return st.dictionaries(st.sampled_from(sorted(words)), st.none(), min_size=1, max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({name: words[name] for name in chosen})
    )


SCHEMAS = st.recursive(LEAVES, grown, max_leaves=6)
QUICK = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@QUICK
@given(SCHEMAS, SCHEMAS)
def test_a_proof_holds_for_every_small_value_and_a_break_has_its_witness(before: Any, after: Any) -> None:
    old, new = Draft202012Validator(before), Draft202012Validator(after)

    report = compare_schemas(before, after, openness="strict")

    if report.verdict == "compatible":
        assert [value for value in VALUES if old.is_valid(value) and not new.is_valid(value)] == []
    if report.verdict == "breaking":
        assert report.witness is not None
        assert old.is_valid(report.witness.value)
        assert not new.is_valid(report.witness.value)


@QUICK
@given(SCHEMAS)
def test_a_schema_is_compatible_with_itself_wrapped_or_referred_to(schema: Any) -> None:
    for other in (
        {"allOf": [schema]},
        {"$ref": "#/$defs/S", "$defs": {"S": schema}},
        {"anyOf": [schema, schema]},
    ):
        assert compare_schemas(schema, other, openness="strict").verdict == "compatible"
        assert compare_schemas(other, schema, openness="strict").verdict == "compatible"


@QUICK
@given(SCHEMAS, SCHEMAS)
def test_more_alternatives_never_break_and_fewer_constraints_neither(one: Any, other: Any) -> None:
    assert compare_schemas(one, {"anyOf": [one, other]}, openness="strict").verdict != "breaking"
    assert compare_schemas({"allOf": [one, other]}, one, openness="strict").verdict != "breaking"


def test_alternatives_inside_of_alternatives_are_no_proof_of_nothing() -> None:
    # Once judged compatible: two spellings of one goal asked for each other at the same place of a value.
    inner = {"type": "object", "oneOf": [{"type": "integer"}], "contains": {"const": 1}}
    before = {"items": {"type": "object"}}
    after = {"items": {"type": "object", "anyOf": [inner]}}

    report = compare_schemas(before, after, openness="strict")

    assert report.verdict == "breaking"
    assert report.witness is not None
    assert report.witness.value == [{}]


def test_a_negated_union_does_not_refute_what_stands_beside_it() -> None:
    before = {"type": ["array", "object"]}
    after = {"type": "array", "anyOf": [{"maximum": 6}, {"type": "null"}]}

    assert compare_schemas(before, after, openness="strict").verdict == "breaking"


def test_the_own_alternatives_of_a_conjunction_are_not_its_parts() -> None:
    # Once judged compatible: the alternatives beside `allOf` were taken for conjuncts, so nothing was left.
    before = {"allOf": [{"type": ["string", "number"]}], "anyOf": [{"type": "string"}, {"type": "number"}]}

    for kind in ("string", "number"):
        report = compare_schemas(before, {"type": kind}, openness="strict")
        assert report.verdict == "breaking"
        assert report.witness is not None


def test_a_branch_that_evaluates_everything_leaves_nothing_unevaluated() -> None:
    # Once judged compatible: what a branch says of unevaluated members evaluates them for its neighbours.
    first = {"unevaluatedProperties": False, "oneOf": [{"unevaluatedProperties": {}}, {"maxProperties": 2}]}
    second = {"unevaluatedProperties": False, "oneOf": [{"unevaluatedProperties": {}}, {}]}

    report = compare_schemas(first, second, openness="strict")

    assert report.verdict == "breaking"
    assert report.witness is not None
    assert Draft202012Validator(first).is_valid(report.witness.value)


def test_an_if_without_consequences_still_evaluates_items() -> None:
    # Once judged compatible: without `then` and `else` the condition was dropped.
    before = {"if": {"prefixItems": [{"type": "null"}]}, "unevaluatedItems": {"type": "array"}}
    after = {"unevaluatedItems": {"type": "array"}}

    assert Draft202012Validator(before).is_valid([None])
    assert compare_schemas(before, after, openness="strict").verdict != "compatible"
