"""Parameters, headers and forms are text on the wire, in lists and objects too; JSON keeps its types."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import Report, Seen, UsageRow, compare

INTEGER, NUMBER, STRING, TRUTH = ({"type": kind} for kind in ("integer", "number", "string", "boolean"))


def listed(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


def held(member: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"m": member}, "additionalProperties": False, **more}


def verdict(before: dict[str, Any], after: dict[str, Any], style: str = "form") -> str:
    def contract(schema: dict[str, Any]) -> dict[str, Any]:
        parameter = {"name": "q", "in": "query", "style": style, "explode": True, "schema": schema}
        operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
        paths = {"/a": {"get": operation}}
        return {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": paths}

    return compare(contract(before), contract(after)).verdict


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (INTEGER, STRING, "compatible"),
        (STRING, INTEGER, "breaking"),
        (INTEGER, NUMBER, "compatible"),
        (NUMBER, INTEGER, "breaking"),
        (TRUTH, STRING, "compatible"),
        (TRUTH, {"enum": ["true"]}, "breaking"),
        (listed(INTEGER), listed(STRING), "compatible"),
        (listed(STRING), listed(INTEGER), "breaking"),
        (listed(INTEGER), listed(STRING, maxItems=2), "breaking"),
        (listed(INTEGER, maxItems=2), listed(STRING, maxItems=3), "compatible"),
        (listed({"enum": ["a", "b"]}), listed(STRING), "compatible"),
    ],
    ids=str,
)
def test_a_query_parameter_is_judged_as_the_text_it_is(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    assert verdict(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (held(INTEGER), held(STRING), "compatible"),
        (held(STRING), held(INTEGER), "breaking"),
        # An object without members is not written, so it is the parameter left out.
        (held(INTEGER), held(STRING, required=["m"]), "compatible"),
        (held(INTEGER), held(STRING, required=["m"], minProperties=2), "breaking"),
    ],
    ids=str,
)
def test_the_members_of_an_object_in_a_query_are_texts(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    assert verdict(before, after, "deepObject") == expected


def report(before: dict[str, Any], after: dict[str, Any], **more: Any) -> Report:
    def contract(schema: dict[str, Any]) -> dict[str, Any]:
        parameter = {"name": "n", "in": "query", "schema": schema, **more}
        operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
        return {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1.0.0"},
            "paths": {"/a": {"get": operation}},
        }

    return compare(contract(before), contract(after))


DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
OFTEN: list[tuple[dict[str, Any], dict[str, Any], str, Any]] = [
    ({"enum": [1, 2]}, {"enum": ["1", "2"]}, "compatible", None),
    ({"enum": [1, 2]}, {"enum": ["1"]}, "breaking", 2),
    ({"enum": [True]}, {"enum": ["true"]}, "compatible", None),
    ({"anyOf": [INTEGER, STRING]}, STRING, "compatible", None),
    ({"oneOf": [INTEGER, {"enum": ["all"]}]}, {"oneOf": [DIGITS, {"enum": ["all"]}]}, "breaking", -1),
    ({**INTEGER, "minimum": 0, "maximum": 9}, {"type": "string", "pattern": "^[0-9]$"}, "compatible", None),
    ({**INTEGER, "minimum": 0, "maximum": 10}, {"type": "string", "pattern": "^[0-9]$"}, "breaking", 10),
    ({**INTEGER, "minimum": 0}, DIGITS, "compatible", None),
    (INTEGER, DIGITS, "breaking", -1),
    (DIGITS, INTEGER, "compatible", None),
    (STRING, DIGITS, "breaking", ""),
    ({**STRING, "enum": ["7", "8"]}, {**INTEGER, "minimum": 7}, "compatible", None),
    ({**STRING, "enum": ["7", "8"]}, {**INTEGER, "minimum": 8}, "breaking", "7"),
    ({"type": ["string", "null"]}, STRING, "compatible", None),
    (INTEGER, {**INTEGER, "multipleOf": 2}, "breaking", 1),
    (
        {**STRING, "pattern": "^[1-9][0-9]{0,3}$"},
        {**INTEGER, "minimum": 1, "maximum": 9999},
        "compatible",
        None,
    ),
    ({**STRING, "pattern": "^[1-9][0-9]{0,3}$"}, {**INTEGER, "minimum": 1, "maximum": 9998}, "unknown", None),
    ({**STRING, "pattern": "^[1-9][0-9]{0,3}$"}, {**INTEGER, "minimum": 2, "maximum": 9999}, "breaking", "1"),
    ({**INTEGER, "minimum": 0, "maximum": 9999}, {**STRING, "maxLength": 4}, "compatible", None),
    ({**INTEGER, "minimum": 0, "maximum": 10000}, {**STRING, "maxLength": 4}, "breaking", 10000),
    (NUMBER, {**STRING, "maxLength": 3}, "unknown", None),
    (listed(STRING), listed(STRING, minItems=1), "compatible", None),
    (listed(STRING), listed(STRING, minItems=2), "breaking", [""]),
    (listed(STRING), STRING, "breaking", ["", ""]),
]


@pytest.mark.parametrize(("before", "after", "expected", "proof"), OFTEN, ids=str)
def test_a_parameter_breaks_only_by_a_text_that_is_refused(
    before: dict[str, Any], after: dict[str, Any], expected: str, proof: Any
) -> None:
    found = report(before, after)

    assert found.verdict == expected
    witnesses = [one.witness.value for one in found.findings if one.witness is not None]
    assert witnesses == ([proof] if expected == "breaking" else [])


def test_a_list_in_one_piece_is_a_text_and_a_text_may_be_such_a_list() -> None:
    assert report(listed(STRING), STRING, explode=False).verdict == "compatible"
    assert report(STRING, listed(STRING), explode=False).verdict == "compatible"
    assert report(STRING, listed(STRING, maxItems=2), explode=False).verdict == "unknown"
    assert report(STRING, listed(INTEGER), explode=False).verdict == "breaking"


def test_a_parameter_that_takes_more_texts_asks_for_a_minor_version() -> None:
    wider, same = report(INTEGER, STRING), report(STRING, {"type": ["boolean", "string"]})

    assert (wider.bump_required, wider.findings[0].rule) == ("minor", "request-schema-widened")
    assert (same.bump_required, same.findings) == ("patch", ())


FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
INNER = ({"o": {"type": "object", "properties": {"m": kind}}} for kind in (INTEGER, STRING))
OUTER, LATER = ({"type": "object", "properties": members} for members in INNER)


def body(kind: str, before: Any, after: Any, **media: Any) -> Report:
    def contract(schema: Any) -> dict[str, Any]:
        content = {kind: {"schema": schema, **media}}
        operation = {"requestBody": {"content": content}, "responses": {"200": {"description": "ok"}}}
        return {
            "openapi": "3.1.0",
            "info": {"title": "T", "version": "1.0.0"},
            "paths": {"/a": {"post": operation}},
        }

    return compare(contract(before), contract(after))


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
@pytest.mark.parametrize(
    ("former", "now", "expected"),
    [
        (INTEGER, STRING, "compatible"),
        ({"enum": [1]}, {"enum": ["1"]}, "compatible"),
        (INTEGER, DIGITS, "breaking"),
        (listed(INTEGER), listed(STRING), "compatible"),
        (listed(STRING), listed(STRING, minItems=1), "compatible"),
        (STRING, {**STRING, "minLength": 1}, "breaking"),
    ],
    ids=str,
)
def test_the_parts_of_a_form_are_texts(kind: str, former: Any, now: Any, expected: str) -> None:
    assert body(kind, held(former), held(now)).verdict == expected


def test_a_form_without_parts_is_sent_and_may_lack_what_is_now_required() -> None:
    found = body(FORM, held(STRING), held(STRING, required=["m"]))

    assert found.verdict == "breaking"
    assert [one.witness.value for one in found.findings if one.witness is not None] == [{}]


def test_an_object_in_a_form_is_json_unless_a_style_makes_it_parts() -> None:
    styled = {"encoding": {"o": {"style": "deepObject", "explode": True}}}
    typed = {"encoding": {"o": {"contentType": "application/json"}}}

    assert body(FORM, OUTER, LATER).verdict == "breaking"
    assert body(FORM, OUTER, LATER, **typed).verdict == "breaking"
    assert body(FORM, OUTER, LATER, **styled).verdict == "compatible"


def test_plain_text_has_no_types_and_json_has() -> None:
    assert body("text/plain", INTEGER, STRING).verdict == "compatible"
    assert body("text/plain", STRING, INTEGER).verdict == "breaking"
    assert body("application/json", INTEGER, STRING).verdict == "breaking"


def test_a_recorded_text_that_is_still_read_is_no_proof() -> None:
    seen = Seen("query parameter `n`", "", 4, value=7)
    row = UsageRow("billing", "finance", "1.0.0", "GET /a", 4, None, seen=(seen,))

    finding = report(INTEGER, DIGITS).with_usage([row]).findings[0]

    assert finding.witness is not None
    assert finding.witness.value == -1
    assert [one.status for one in finding.consumers] == ["UNAFFECTED"]


def test_a_member_that_is_now_required_breaks_an_object_of_any_members() -> None:
    found = report({"type": "object"}, {"type": "object", "required": ["m"]}, style="deepObject")

    assert found.verdict == "breaking"
