"""One cause is one finding, with every operation it reaches, however much follows from it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from compatibility import compare
from compatibility.model import Finding, Report

ORDER: Any = {
    "type": "object",
    "properties": {"a": {"type": "string", "deprecated": True}, "b": {"type": "integer", "default": 1}},
    "required": ["a"],
}


def http(body: Any, *, within: str = "responses") -> Any:
    """Two operations that share a body, once as a component and once written out."""
    content = {"application/json": {} if body is None else {"schema": body}}
    shared: dict[str, Any] = {"description": "d", "content": content}
    if within == "responses":
        operation: Any = {"responses": {"200": {"$ref": "#/components/responses/Shared"}}}
    else:
        shared["required"] = True
        operation = {
            "requestBody": {"$ref": "#/components/requestBodies/Shared"},
            "responses": {"204": {"description": "d"}},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}, "/b": {"post": copy.deepcopy(operation)}},
        "components": {within: {"Shared": shared}},
    }


def events(default: str = "application/json", **message: Any) -> Any:
    """Two messages sent on one channel and received on another."""
    messages = {
        name: {"payload": {"type": "object", "properties": {f"of{name}": {}}}, **copy.deepcopy(message)}
        for name in ("M", "N")
    }
    carried = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "T", "version": "1.0.0"},
        "defaultContentType": default,
        "channels": {name: {"address": name, "messages": copy.deepcopy(carried)} for name in ("c", "d")},
        "operations": {
            "s": {"action": "send", "channel": {"$ref": "#/channels/c"}},
            "r": {"action": "receive", "channel": {"$ref": "#/channels/d"}},
        },
        "components": {"messages": messages},
    }


def told(report: Report, *levels: str) -> list[Finding]:
    return [
        one
        for one in report.findings
        if one.level in (levels or ("breaking", "unknown")) and one.rule != "version-bump-too-small"
    ]


@pytest.mark.parametrize("nothing", [None, {}, True, {"description": "anything"}])
@pytest.mark.parametrize("schema", [ORDER, {"properties": ORDER["properties"], "required": ["a"]}])
def test_a_response_schema_that_is_gone_is_one_finding(schema: Any, nothing: Any) -> None:
    (finding,) = told(compare(http(schema), http(nothing)), "breaking", "unknown", "info")

    assert finding.level == "breaking"
    assert finding.operations == ("POST /a", "POST /b")
    assert finding.witness is not None


def test_a_request_schema_where_there_was_none_is_one_finding() -> None:
    sides = http(None, within="requestBodies"), http(ORDER, within="requestBodies")

    (finding,) = told(compare(*sides), "breaking", "unknown", "info")

    assert (finding.level, finding.operations) == ("breaking", ("POST /a", "POST /b"))


@pytest.mark.parametrize("within", ["responses", "requestBodies"])
def test_a_schema_that_says_more_or_less_and_breaks_nobody_is_one_note(within: str) -> None:
    sides = [http(None, within=within), http(ORDER, within=within)]
    before, after = sides if within == "responses" else sides[::-1]

    (finding,) = told(compare(before, after), "breaking", "unknown", "info")

    assert finding.level == "info"


def test_another_default_content_type_is_one_finding_for_all_messages() -> None:
    (finding,) = told(compare(events(), events("application/xml")))

    assert finding.rule == "event-content-type-changed"
    assert finding.operations == ("send c", "receive d")
    assert finding.after is not None
    assert finding.after.pointer == "/defaultContentType"
    assert "messages without a content type of their own" in finding.message


def test_a_message_with_a_content_type_of_its_own_is_its_own_finding() -> None:
    before, after = events(), events("application/xml")
    after["components"]["messages"]["N"]["contentType"] = "text/plain"

    findings = told(compare(before, after))

    assert len(findings) == 2
    assert {one.after.pointer for one in findings if one.after} == {
        "/defaultContentType",
        "/components/messages/N",
    }


HEADERS: Any = {"type": "object", "properties": {"h": {"type": "string"}}, "required": ["h"]}


@pytest.mark.parametrize("kind", [{}, {"type": "object"}])
def test_headers_that_come_are_one_finding_for_each_that_is_required(kind: Any) -> None:
    headers = {"properties": HEADERS["properties"], "required": ["h"], **kind}
    before, after = events(), events()
    after["components"]["messages"]["M"]["headers"] = headers

    (finding,) = told(compare(before, after))

    assert (finding.rule, finding.operations) == ("request-member-required", ("receive d",))


def test_headers_that_go_are_one_finding_for_each() -> None:
    before, after = events(), events()
    before["components"]["messages"]["M"]["headers"] = HEADERS

    (finding,) = told(compare(before, after))

    assert (finding.rule, finding.operations) == ("response-member-removed", ("send c",))


def test_headers_that_say_what_headers_are_change_nothing() -> None:
    plain = {"properties": {"h": {"type": "string"}}}
    before, after = events(headers=plain), events(headers={"type": "object", **plain})

    assert told(compare(before, after), "breaking", "unknown", "info") == []


def test_optional_headers_that_come_break_nobody() -> None:
    report = compare(events(), events(headers={"type": "object", "properties": {"h": {"type": "string"}}}))

    assert report.verdict == "compatible"
