"""Statuses are a lookup: what is answered under a code is said by it, by its range, or by `default`."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import Finding, compare

JSON = "application/json"


def answer(schema: Any = None, media: str = JSON) -> dict[str, Any]:
    told: dict[str, Any] = {"description": "an answer"}
    return told if schema is None else {**told, "content": {media: {"schema": schema}}}


THING = answer({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]})
ERROR = answer({"type": "object", "properties": {"code": {"type": "integer"}}, "required": ["code"]})
NUMBER, EMPTY = answer({"type": "integer"}), answer()
PROBLEM = answer({"type": "object"}, "application/problem+json")


def contract(responses: dict[str, Any], *, called: bool = False) -> dict[str, Any]:
    item = {"post": {"responses": responses}}
    holder = {"webhooks": {"done": item}} if called else {"paths": {"/things": item}}
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": {}, **holder}


def told(before: dict[str, Any], after: dict[str, Any], *, called: bool = False) -> list[Finding]:
    report = compare(contract(before, called=called), contract(after, called=called))
    return [one for one in report.findings if one.rule != "version-bump-too-small"]


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ({"201": THING, "default": ERROR}, {"default": ERROR}, "response-member-removed"),
        ({"201": THING, "default": EMPTY}, {"default": EMPTY}, "response-body-removed"),
        ({"201": THING, "default": ERROR}, {"204": EMPTY, "default": ERROR}, "response-member-removed"),
        ({"201": THING, "default": EMPTY}, {"200": THING, "default": EMPTY}, "response-body-removed"),
        ({"200": THING, "2XX": NUMBER}, {"2XX": NUMBER}, "response-type-widened"),
        ({"404": PROBLEM, "default": NUMBER}, {"default": NUMBER}, "response-media-type-removed"),
        ({"4XX": THING, "default": NUMBER}, {"default": NUMBER}, "response-type-widened"),
    ],
    ids=str,
)
def test_a_status_left_to_default_or_a_range_is_what_these_say(
    before: dict[str, Any], after: dict[str, Any], rule: str
) -> None:
    code = min(set(before) - set(after))

    breaking = [one for one in told(before, after) if one.level == "breaking"]

    (finding,) = (one for one in breaking if one.rule == rule and code in one.message)
    assert f"the {code} response" in finding.message


def test_the_witness_is_what_may_now_be_answered() -> None:
    findings = told({"201": THING, "default": ERROR}, {"default": ERROR})

    witnesses = [one.witness for one in findings if one.witness is not None]
    assert {"code": 0} in [one.value for one in witnesses if one.accepted_by == "after"]


def test_a_status_that_default_says_the_same_of_may_be_left_out() -> None:
    assert told({"200": THING, "404": ERROR, "default": ERROR}, {"200": THING, "default": ERROR}) == []


def test_a_range_beside_a_code_of_it_is_a_status_that_may_be_new() -> None:
    (finding,) = told({"200": THING}, {"200": THING, "2XX": THING})

    assert (finding.rule, finding.level) == ("response-status-added", "info")


def test_a_subscriber_may_answer_any_code_that_default_took() -> None:
    findings = told({"default": THING}, {"404": ERROR, "default": THING}, called=True)

    (required,) = (one for one in findings if one.level == "breaking")
    assert "requires member `code` in the 404 response" in required.message


def test_a_subscriber_that_answers_by_a_range_needs_all_of_it() -> None:
    (finding,) = told({"2XX": EMPTY}, {"200": EMPTY}, called=True)

    assert (finding.rule, finding.level) == ("response-status-removed", "breaking")
