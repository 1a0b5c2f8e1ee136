"""What the words of a report must not assert: what is not decided, one direction or name for two."""

from __future__ import annotations

from typing import Any

from compatibility import Policy, compare
from compatibility.model import Report
from compatibility.render import format_of
from specs.load import load_contract


def contract(thing: Any, title: str = "T", **more: Any) -> dict[str, Any]:
    """A thing that is sent by one operation and received by another."""
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1.0.0"},
        "paths": {
            "/a": {"post": {"requestBody": content, "responses": {"204": {"description": "ok"}}}},
            "/b": {"get": {"responses": {"200": {"description": "ok", **content}}}},
        },
        "components": {"schemas": {"Thing": thing}},
        **more,
    }


def thing(url: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"url": url}}


def text(report: Report) -> str:
    return format_of("text").render(report)


def test_what_was_not_judged_is_counted_and_asks_for_no_version() -> None:
    dialect = {"jsonSchemaDialect": "urn:foo"}
    report = compare(contract(True), contract(True, description="x", **dialect))

    said = text(report)

    assert report.verdict == "unknown"
    assert "0 breaking, 0 not decided" in said
    assert "1 not judged" in said
    assert "whether this needs a new major version is not decided" in said
    assert "asks for a new major version" not in said


def test_an_edit_that_breaks_both_directions_is_told_in_both() -> None:
    report = compare(contract(thing({"type": "string"})), contract(thing({"type": "array"})))

    (found,) = (one for one in report.findings if one.rule == "request-type-narrowed")

    assert "in the request must now be an array" in found.message
    assert "GET /b: `url` in the 200 response may now be an array" in found.message
    assert "Stay within what was promised" in found.fix


def test_a_member_that_is_gone_is_told_in_both_directions_whatever_the_policy() -> None:
    before, after = contract(thing({})), contract({"type": "object", "properties": {"other": {}}})
    report = compare(before, after, policy=Policy(response_member_removed="info"))

    (found,) = (one for one in report.findings if "is no longer declared" in one.message)

    assert "is gone from the 200 response" in found.message


def test_contracts_of_different_names_are_both_named() -> None:
    assert text(compare(contract(True, "Old"), contract(False, "New"))).startswith(
        "New (before: Old) 1.0.0 ->"
    )


def test_a_schema_is_called_by_its_file_and_asks_for_no_version() -> None:
    before, after = b'{"type": ["object", "array"]}', b'{"type": "object"}'
    sides = [load_contract("a/thing.json", raw, {}) for raw in (before, after)]

    said = text(compare(*sides))

    assert said.startswith("thing.json: BREAKING")
    assert "thing.json: the value in the schema must now be an object" in said
    assert "neither side declares a version; this is a major change" in said
