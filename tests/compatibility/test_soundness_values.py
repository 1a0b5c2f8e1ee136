"""Exact numbers, asserted formats, unevaluated items, and witnesses that are small."""

from __future__ import annotations

import json
from typing import Any

import pytest

from compatibility import compare_schemas

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"type": "number", "multipleOf": 0.3}, {"type": "number", "multipleOf": 0.1}, "compatible"),
        ({"type": "number", "multipleOf": 0.1}, {"type": "number", "multipleOf": 0.3}, "breaking"),
        ({"enum": [0.3]}, {"multipleOf": 0.1}, "compatible"),
        ({"enum": [2**53 + 1]}, {"maximum": 2**53}, "breaking"),
        ({"enum": [1]}, {"enum": [1.0]}, "compatible"),
        ({"enum": [1]}, {"enum": [True]}, "breaking"),
        ({"enum": [{"a": [1]}]}, {"enum": [{"a": [1.0]}]}, "compatible"),
        ({"enum": [[1]]}, {"enum": [[True]]}, "breaking"),
    ],
)
def test_numbers_are_exact(before: Any, after: Any, verdict: str) -> None:
    assert compare_schemas(before, after, openness="strict").verdict == verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"format": "date"}, {"maxLength": 10}, "compatible"),
        ({"format": "date"}, {"maxLength": 9}, "breaking"),
        ({"format": "ipv4"}, {"pattern": r"^[0-9.]{7,15}$"}, "compatible"),
        ({}, {"format": "uuid"}, "breaking"),
        ({"format": "email"}, {"format": "idn-email"}, "compatible"),
        ({"format": "date-time"}, {"format": "date"}, "breaking"),
        ({"format": "email"}, {"format": "email", "maxLength": 5}, "breaking"),
        ({"enum": ["2024-02-29"]}, {"format": "date"}, "compatible"),
        ({"enum": ["2023-02-29"]}, {"format": "date"}, "breaking"),
        ({"format": "unheard-of"}, {"format": "unheard-of", "title": "T"}, "compatible"),
        ({"format": "unheard-of"}, {"format": "date"}, "breaking"),
        ({"format": "date"}, {"format": "unheard-of"}, "unknown"),
    ],
)
def test_formats_restrict_when_they_are_asserted(before: Any, after: Any, verdict: str) -> None:
    asserted = compare_schemas({**TEXT, **before}, {**TEXT, **after}, formats="assertion")

    assert asserted.verdict == verdict


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"type": "integer"}, {"type": "integer", "format": "int32"}, "breaking"),
        ({"format": "int64"}, {"format": "int32"}, "breaking"),
        ({"format": "int32"}, {"format": "int64"}, "compatible"),
        ({"format": "int32"}, {"type": "integer"}, "compatible"),
        ({"format": "int32"}, {"minimum": -(2**31), "maximum": 2**31 - 1}, "compatible"),
        ({"type": "integer", "minimum": 0, "maximum": 255}, {"format": "uint8"}, "compatible"),
        ({"minimum": 0.5}, {"minimum": 0.5, "format": "int64"}, "breaking"),
        ({"format": "double"}, {"format": "float"}, "unknown"),
        ({"format": "float"}, {"format": "double", "title": "T"}, "compatible"),
        ({"format": "double", "minimum": 1}, {"format": "double"}, "compatible"),
        ({}, {"format": "double"}, "unknown"),
        ({}, {"format": "unheard-of"}, "unknown"),
        ({}, {"format": "email"}, "compatible"),
        ({}, {"format": "password"}, "compatible"),
    ],
)
def test_formats_of_numbers_restrict_numbers(before: Any, after: Any, verdict: str) -> None:
    number = {"type": "number"}

    for dialect in ("openapi-3.0", "2020-12"):
        asserted = compare_schemas(
            {**number, **before}, {**number, **after}, formats="assertion", dialect=dialect
        )

        assert asserted.verdict == verdict


@pytest.mark.parametrize("kind", ["null", "boolean", "array", "object", "string"])
def test_a_format_that_nobody_registered_may_restrict_any_type(kind: str) -> None:
    before, after = {"type": kind}, {"type": kind, "format": "unheard-of"}

    assert compare_schemas(before, after, formats="assertion").verdict == "unknown"
    assert compare_schemas(after, before, formats="assertion").verdict == "compatible"


@pytest.mark.parametrize("named", ["date", "email", "unheard-of"])
def test_a_format_is_an_annotation_otherwise(named: str) -> None:
    assert compare_schemas(TEXT, {**TEXT, "format": named}, openness="strict").verdict == "compatible"


FIRST = {"prefixItems": [{"type": "null"}]}
SECOND = {"prefixItems": [True, {"type": "integer"}]}


@pytest.mark.parametrize(
    ("neighbours", "most", "verdict"),
    [
        ({"allOf": [FIRST]}, 1, "compatible"),
        ({"allOf": [FIRST]}, 0, "breaking"),
        ({"anyOf": [FIRST, SECOND]}, 2, "compatible"),
        ({"anyOf": [FIRST, SECOND]}, 1, "breaking"),
        ({"anyOf": [FIRST, {"anyOf": [SECOND]}]}, 2, "compatible"),
        ({"if": FIRST}, 1, "compatible"),
        ({"if": FIRST, "else": SECOND}, 2, "compatible"),
        ({"if": FIRST, "else": SECOND}, 1, "breaking"),
        ({"oneOf": [{"items": {"type": "null"}}]}, 9, "breaking"),
        ({"not": {"prefixItems": [True]}}, 0, "compatible"),
    ],
)
def test_items_are_unevaluated_where_no_neighbour_that_holds_names_them(
    neighbours: dict[str, Any], most: int, verdict: str
) -> None:
    before = {"type": "array", **neighbours, "unevaluatedItems": False}

    assert compare_schemas(before, {"maxItems": most}, openness="strict").verdict == verdict


@pytest.mark.parametrize(
    ("neighbours", "after", "verdict"),
    [
        ({"anyOf": [{"properties": {"a": True}}, {"properties": {"b": {"type": "null"}}}]},
         {"propertyNames": {"enum": ["a", "b"]}}, "compatible"),
        ({"anyOf": [{"properties": {"a": True}}, {"properties": {"b": {"type": "null"}}}]},
         {"properties": {"b": {"type": "null"}}}, "compatible"),
        ({"anyOf": [{"properties": {"a": True}}, {"properties": {"b": {"type": "null"}}}]},
         {"maxProperties": 1}, "breaking"),
        ({"if": {"required": ["a"]}, "then": {"properties": {"a": True}}}, {"maxProperties": 0}, "breaking"),
        ({"if": {"required": ["a"]}, "else": {"properties": {"b": True}}},
         {"properties": {"a": False}}, "compatible"),
        ({"dependentSchemas": {"a": {"properties": {"a": True, "b": True}}}},
         {"dependentRequired": {"b": ["a"]}}, "compatible"),
        ({"anyOf": [{"additionalProperties": {"type": "null"}}, {"properties": {"a": True}}]},
         {"properties": {"b": {"type": "null"}}}, "compatible"),
        ({"anyOf": [{"patternProperties": {"^x": True}}, {"properties": {"a": True}}]},
         {"propertyNames": {"pattern": "^(x|a$)"}}, "compatible"),
    ],
)  # fmt: skip
def test_members_are_unevaluated_where_no_neighbour_that_holds_names_them(
    neighbours: dict[str, Any], after: Any, verdict: str
) -> None:
    before = {"type": "object", **neighbours, "unevaluatedProperties": False}

    assert compare_schemas(before, after, openness="strict").verdict == verdict


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "array"}, {"not": {"enum": [[]]}}),
        ({"type": "array", "maxItems": 1, "items": {"type": "integer"}}, {"enum": [[], [0]]}),
        ({"type": "object"}, {"not": {"enum": [{}]}}),
        ({"type": "object", "properties": {"a": {"type": "boolean"}}}, {"enum": [{"a": True}, {}]}),
    ],
)
def test_a_value_that_is_listed_is_avoided_by_another(before: Any, after: Any) -> None:
    assert compare_schemas(before, after).verdict == "breaking"


@pytest.mark.parametrize("word", ["patternProperties", "additionalProperties"])
def test_members_that_cannot_be_there_restrict_nothing(word: str) -> None:
    def with_members(kind: str) -> dict[str, Any]:
        said = {"type": kind}
        return {
            "type": "object",
            "maxProperties": 0,
            word: {"^a": said} if word == "patternProperties" else said,
        }

    report = compare_schemas(with_members("null"), with_members("integer"), openness="strict")

    assert report.verdict == "compatible"


@pytest.mark.parametrize(
    ("before", "after", "witness"),
    [
        (True, {"type": "array"}, None),
        (
            {"type": "object", "properties": {f"p{n}": {"type": "integer"} for n in range(40)}},
            {"properties": {"p7": {"type": "string"}}},
            {"p7": 0},
        ),
        ({"enum": ["a very long text indeed"]}, {"type": "null"}, "a very long text indeed"),
        (TEXT, {"maxLength": 3}, "aaaa"),
        ({"type": "array", "minItems": 3}, {"maxItems": 1}, [None, None, None]),
        ({"type": "integer", "minimum": 10**9}, {"type": "null"}, 10**9),
        ({"enum": [{"a": 1, "b": 2}, {"a": 1}]}, {"required": ["b"]}, {"a": 1}),
    ],
)
def test_a_witness_is_small(before: Any, after: Any, witness: Any) -> None:
    report = compare_schemas(before, after, openness="strict")

    assert report.witness is not None
    assert len(json.dumps(report.witness.value)) <= len(json.dumps(witness))


def test_a_member_nobody_names_has_a_name_in_the_witness_where_any_will_do() -> None:
    before, after = {"type": "object"}, {"type": "object", "properties": {"a": {}}}

    closed = compare_schemas(before, {**after, "additionalProperties": False})
    unnamed = compare_schemas(before, {**after, "propertyNames": {"minLength": 1}})

    assert closed.witness is not None
    assert closed.witness.value == {"b": None}
    assert unnamed.witness is not None
    assert unnamed.witness.value == {"": None}
