"""An unknown verdict names the keyword it rests on and its place; one that a short rule decides is none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compatibility import Budget, compare, compare_schemas
from compatibility.render import format_names, format_of

TEXT = {"type": "string"}
LOOKING = {"type": "object", "properties": {"a": {**TEXT, "pattern": "^(?=a)[a-z]$"}}}


def denied(times: int) -> Any:
    schema: Any = {"type": "integer"}
    for _ in range(times):
        schema = {"not": schema}
    return schema


def scoped(kind: str) -> Any:
    return {
        "$id": "u:root",
        "$ref": "u:list",
        "$defs": {
            "list": {
                "$id": "u:list",
                "items": {"$dynamicRef": "#t"},
                "$defs": {"t": {"$dynamicAnchor": "t", "type": kind}},
            },
            "other": {"$id": "u:other", "$dynamicAnchor": "t", "type": "null"},
        },
    }


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (LOOKING, {"properties": {"a": {"const": "a"}}},
         "before #/properties/a: the pattern `^(?=a)[a-z]$` is not read: look-ahead"),
        ({"const": {"a": "a"}}, LOOKING, "after #/properties/a: the pattern `^(?=a)[a-z]$` is not read"),
        ({**TEXT, "pattern": r"(a)\1"}, {**TEXT, "minLength": 2},
         r"before #: the pattern `(a)\1` is not read: a back reference, \1"),
        ({"patternProperties": {r"\bx": {"type": "null"}}}, {"patternProperties": {"x": {"type": "null"}}},
         r"before #: the pattern `\bx` is not read: a word boundary, \b"),
        (scoped("string"), scoped("integer"), "/items: where `$dynamicRef` `#t` leads depends on the way"),
        ({"type": "integer"}, denied(100),
         "combinations (`allOf`, `anyOf`, `oneOf`, `not`, `if`) nested too"),
        ({**TEXT, "minLength": 10**9}, {"maxLength": 9},
         "would have 1000000000 characters, 200000 are tried"),
        ({"type": "array", "minItems": 10**9}, {"maxItems": 9}, "would have 1000000000 items"),
        ({"type": "object", "minProperties": 10**9}, {"maxProperties": 9}, "would have 1000000000 members"),
    ],
)  # fmt: skip
def test_the_reason_names_the_keyword_and_the_place(before: Any, after: Any, told: str) -> None:
    report = compare_schemas(before, after, openness="strict")

    assert report.verdict == "unknown"
    assert told in report.reason


def test_the_reason_names_the_format() -> None:
    report = compare_schemas(TEXT, {"allOf": [{**TEXT, "format": "binary"}]}, formats="assertion")

    assert report.reason == "after #/allOf/0: which strings the format `binary` takes is not modelled"


def test_a_contract_tells_the_same_reason() -> None:
    report = compare({"type": "object", "properties": {"a": {"const": "a"}}}, LOOKING)

    assert any("`^(?=a)[a-z]$` is not read: look-ahead" in finding.message for finding in report.findings)


INTEGER = {"type": "integer"}
FLAG = {"type": "boolean"}
PAIR = {"properties": {"a": True, "b": True}, "additionalProperties": False}


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"type": "array", "items": False}, {"const": []}, "compatible"),
        ({"type": "array", "items": False}, {"const": [1]}, "breaking"),
        ({"type": "array", "items": {"const": 1}, "minItems": 2, "maxItems": 2},
         {"const": [1, 1]}, "compatible"),
        ({"type": "array", "items": {"const": 1}, "minItems": 1, "maxItems": 2},
         {"const": [1, 1]}, "breaking"),
        ({"type": "array", "items": FLAG, "maxItems": 1}, {"enum": [[], [True], [False]]}, "compatible"),
        ({"type": "array", "items": FLAG, "maxItems": 1}, {"enum": [[], [True], [1]]}, "breaking"),
        ({"type": "object", "maxProperties": 0}, {"const": {}}, "compatible"),
        ({"type": "object", "properties": {"a": FLAG}, "additionalProperties": False},
         {"enum": [{}, {"a": True}, {"a": False}]}, "compatible"),
        ({"type": "object", "properties": {"a": FLAG}, "additionalProperties": False},
         {"enum": [{}, {"a": True}, {"b": False}]}, "breaking"),
        ({"type": "object", "required": ["a"], "properties": {"a": {"const": 1}}, "maxProperties": 1},
         {"const": {"a": 1}}, "compatible"),
        ({"type": "array", "contains": INTEGER}, {"items": INTEGER, "minItems": 1}, "breaking"),
        ({"type": "array", "contains": INTEGER, "maxItems": 1}, {"items": INTEGER, "minItems": 1},
         "compatible"),
        ({"type": "object", "required": ["a", "b"], "maxProperties": 2}, {**PAIR, "minProperties": 2},
         "compatible"),
        ({"type": "object", "required": ["a", "b"], "maxProperties": 3}, {**PAIR, "minProperties": 2},
         "breaking"),
        ({**TEXT, "pattern": "a"}, {**TEXT, "pattern": "^.*a.*$"}, "breaking"),
        ({**TEXT, "pattern": r"^\cA$"}, {"maxLength": 1}, "compatible"),
    ],
)  # fmt: skip
def test_what_a_short_rule_decides_is_decided(before: Any, after: Any, verdict: str) -> None:
    assert compare_schemas(before, after, openness="strict").verdict == verdict


@pytest.mark.parametrize(
    ("kind", "word", "most"),
    [("string", "maxLength", 65_535), ("array", "maxItems", 10_000), ("object", "maxProperties", 10_000)],
)
def test_counts_are_plain_numbers(kind: str, word: str, most: int) -> None:
    few, many = {"type": kind, word: most}, {"type": kind, word: 10**9}

    assert compare_schemas(few, many).verdict == "compatible"
    report = compare_schemas(few, many, direction="produced")

    assert report.witness is not None
    assert len(report.witness.value) == most + 1


def test_a_finding_that_is_not_decided_tells_what_was_spent_in_every_format() -> None:
    def contract(pattern: str) -> Any:
        body = {"content": {"application/json": {"schema": {"type": "string", "pattern": pattern}}}}
        operation = {"requestBody": body, "responses": {"204": {"description": "d"}}}
        info = {"title": "T", "version": "1.0.0"}
        return {"openapi": "3.1.0", "info": info, "paths": {"/p": {"post": operation}}}

    tight = Budget(goals_max=50, steps_max=40)
    reports = [
        compare(contract("^(?=a)b"), contract("^(?=b)b")),
        compare(contract("^(a|b)*a(a|b){9}$"), contract("^(a|b)*b(a|b){9}$"), budget=tight),
    ]
    for report, said in zip(reports, ("look-ahead (spent: ", " of 50 goals, "), strict=True):
        (finding,) = (one for one in report.findings if one.level == "unknown")
        assert said in finding.message
        assert re.search(r"\(spent: \d+ of \d+ goals, \d+ of \d+ steps\)", finding.message)
        for form in map(format_of, format_names()):
            written = form.render(report)
            assert "of 4000 goals" in written or "of 50 goals" in written, form.name
