"""Alternatives are a set: their order says nothing, and a break is proved for the place that holds them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compatibility import compare, compare_schemas
from compatibility.model import Report

OBJECTS = [
    {"type": "object", "required": [name], "properties": {name: {"type": "string"}}} for name in ("a", "b")
]
BRANCHES = [
    [{"type": "string"}, {"type": "integer"}],
    [{"type": "array", "items": {"type": "string"}}, {"type": "boolean"}, {"type": "null"}],
    OBJECTS,
    [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Two"}],
]
LEAVES = st.sampled_from(
    [{"type": "string"}, {"type": "integer"}, {"const": 1}, {"minLength": 2}, OBJECTS[0]]
)


def contract(schema: Any, version: str = "1.0.0") -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    answer = {"description": "ok", "content": content}
    components = {"One": {"type": "string", "maxLength": 3}, "Two": {"type": "integer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": version},
        "paths": {"/a": {"post": {"requestBody": {"content": content}, "responses": {"200": answer}}}},
        "components": {"schemas": components},
    }


def judged(before: Any, after: Any) -> Report:
    return compare(contract(before), contract(after, "2.0.0"))


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
@pytest.mark.parametrize("branches", BRANCHES, ids=lambda one: json.dumps(one)[:40])
@pytest.mark.parametrize("inside", [False, True])
def test_reordered_alternatives_are_no_change(keyword: str, branches: list[Any], inside: bool) -> None:
    before, after = {keyword: branches}, {keyword: branches[::-1]}
    if inside:
        before, after = ({"type": "object", "properties": {"m": one}} for one in (before, after))

    report = judged(before, after)

    assert report.verdict == "compatible"
    assert report.findings == ()
    assert report.bump_required in ("none", "patch")


def test_a_repeated_alternative_counts() -> None:
    # `oneOf` with one branch twice accepts what the other takes only.
    one, two = {"type": "string"}, {"type": "integer"}

    assert judged({"oneOf": [one, two, two]}, {"oneOf": [one, one, two]}).verdict == "breaking"


def test_a_change_that_another_alternative_makes_good_breaks_nobody() -> None:
    before = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}
    after = {"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 0}, {"type": ["null", "string"]}]}

    assert judged(before, after).verdict == "compatible"


def test_a_witness_of_an_alternative_is_one_for_the_whole_place() -> None:
    before = {"anyOf": [{"type": "string"}, {"type": "integer", "maximum": 5}, {"type": "null"}]}
    after = {"anyOf": [{"type": "null"}, {"type": "integer", "maximum": 3}, {"type": "string"}]}

    report = judged(before, after)

    assert report.verdict == "breaking"
    for finding in report.findings:
        if finding.level == "breaking":
            assert finding.witness is not None
            schemas = {"before": before, "after": after}
            accepting = Draft202012Validator(schemas[finding.witness.accepted_by])
            rejecting = Draft202012Validator(schemas[finding.witness.rejected_by])
            assert accepting.is_valid(finding.witness.value)
            assert not rejecting.is_valid(finding.witness.value)
    assert [finding.rule for finding in report.findings if finding.level == "breaking"] == [
        "request-range-narrowed"
    ]


NESTED = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda word, parts: {word: parts},
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"type": "object", "properties": {"p": part}}, inner),
    ),
    max_leaves=8,
)


def permuted(schema: Any, draw: Any) -> Any:
    if isinstance(schema, dict):
        changed = {word: permuted(part, draw) for word, part in schema.items()}
        for word in ("anyOf", "oneOf", "allOf"):
            if word in changed:
                changed[word] = draw.draw(st.permutations(changed[word]))
        return changed
    return [permuted(part, draw) for part in schema] if isinstance(schema, list) else schema


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(NESTED, st.data())
def test_permuting_the_alternatives_of_any_schema_says_nothing(schema: Any, data: Any) -> None:
    other = permuted(schema, data)

    report = judged(schema, other)

    assert report.verdict == "compatible"
    assert report.findings == ()
    assert report.bump_required in ("none", "patch")
    assert compare_schemas(schema, other, openness="strict").verdict == "compatible"


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_alternatives_that_moved_and_grew_lose_no_member(keyword: str) -> None:
    after = [
        {**one, "properties": {**one["properties"], "more": {"type": "string"}}}  # type: ignore[dict-item]
        for one in OBJECTS[::-1]
    ]

    report = judged({keyword: OBJECTS}, {keyword: after})

    assert "response-member-removed" not in {finding.rule for finding in report.findings}


def test_a_member_gone_from_one_alternative_is_gone_wherever_that_stands() -> None:
    before = [{**OBJECTS[0], "properties": {"a": {"type": "string"}, "x": {}}}, OBJECTS[1]]

    report = judged({"anyOf": before}, {"anyOf": OBJECTS[::-1]})

    (finding,) = (one for one in report.findings if one.level == "breaking")
    assert finding.rule == "response-member-removed"
    assert "`x`" in finding.message
