"""Promises are nested: wire, json, sdk, docs. What holds beyond the level that is judged breaks nobody."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import Policy, compare
from compatibility.config import PROMISE_LEVELS, Promise
from compatibility.errors import CompatibilityError
from compatibility.model import Report
from compatibility.rules import promises

CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1.0.0"},
    "paths": {
        "/a/{id}": {
            "get": {
                "operationId": "getA",
                "summary": "Gets it",
                "tags": ["first", "second"],
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "A": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer", "format": "int32"},
                    "kind": {"type": "string", "enum": ["x", "y"], "x-enum-varnames": ["EX", "WHY"]},
                    "inner": {"$ref": "#/components/schemas/B"},
                },
                "required": ["count"],
            },
            "B": {"type": "object", "properties": {"text": {"type": "string", "examples": ["a"]}}},
        }
    },
}
Change = Callable[[Any], Any]


def operation(document: Any) -> Any:
    return next(iter(document["paths"].values()))["get"]


def member(document: Any, name: str) -> Any:
    return document["components"]["schemas"]["A"]["properties"][name]


def rename_parameter(document: Any) -> None:
    document["paths"] = {"/a/{key}": document["paths"]["/a/{id}"]}
    operation(document)["parameters"][0]["name"] = "key"


def rename_component(document: Any) -> None:
    schemas = document["components"]["schemas"]
    schemas["C"] = schemas.pop("B")
    member(document, "inner")["$ref"] = "#/components/schemas/C"


def inline_component(document: Any) -> None:
    member(document, "inner").clear()
    schema = document["components"]["schemas"].pop("B")
    document["components"]["schemas"]["A"]["properties"]["inner"] = schema


CHANGES: dict[str, tuple[Change, str, Promise]] = {
    "status": (lambda one: operation(one)["responses"].pop("200"), "response-status-removed", "wire"),
    "required": (
        lambda one: one["components"]["schemas"]["A"].pop("required"),
        "response-member-optional",
        "json",
    ),
    "operationId": (lambda one: operation(one).update(operationId="fetchA"), "operation-id-changed", "sdk"),
    "first tag": (lambda one: operation(one).update(tags=["second"]), "tag-changed", "sdk"),
    "path parameter": (rename_parameter, "path-parameter-renamed", "sdk"),
    "component": (rename_component, "schema-component-renamed", "sdk"),
    "no component": (inline_component, "schema-component-renamed", "sdk"),
    "number format": (lambda one: member(one, "count").update(format="int64"), "format-changed", "sdk"),
    "value name": (
        lambda one: member(one, "kind").update({"x-enum-varnames": ["EX", "ZED"]}),
        "enum-name-changed",
        "sdk",
    ),
    "summary": (lambda one: operation(one).update(summary="Else"), "description-changed", "docs"),
    "example": (
        lambda one: one["components"]["schemas"]["B"]["properties"]["text"].update(examples=["b"]),
        "example-changed",
        "docs",
    ),
    "external": (
        lambda one: operation(one).update(externalDocs={"url": "https://x.test"}),
        "external-docs-changed",
        "docs",
    ),
}


def changed(change: Change) -> dict[str, Any]:
    after = copy.deepcopy(CONTRACT)
    after["info"]["version"] = "2.0.0"
    change(after)
    return after


def told(report: Report, rule: str) -> list[str]:
    return [one.level for one in report.findings if one.rule == rule]


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("level", PROMISE_LEVELS)
def test_a_finding_holds_at_its_promise_and_at_all_later_ones(name: str, level: Promise) -> None:
    change, rule, promise = CHANGES[name]

    report = compare(CONTRACT, changed(change), level=level)

    holds = PROMISE_LEVELS.index(promise) <= PROMISE_LEVELS.index(level)
    if promise == "docs":
        assert told(report, rule) == (["info"] if holds else [])
        assert report.verdict == "compatible"
    else:
        assert told(report, rule) == (["breaking"] if holds else ["info"])
        assert report.verdict == ("breaking" if holds else "compatible")
    assert {one.promise for one in report.findings if one.rule == rule} <= {promise}
    assert report.level == level


def test_a_further_tag_only_sorts_documentation() -> None:
    after = changed(lambda one: operation(one).update(tags=["first", "third"]))

    assert compare(CONTRACT, after, level="sdk").verdict == "compatible"


def test_the_policy_says_what_a_moved_operation_means() -> None:
    after = changed(lambda one: operation(one).update(tags=["second"]))

    assert compare(CONTRACT, after, level="sdk", policy=Policy(tag_changed="info")).verdict == "compatible"


def test_a_renamed_component_is_one_finding_with_every_operation_that_uses_it() -> None:
    before = copy.deepcopy(CONTRACT)
    before["paths"]["/b/{id}"] = copy.deepcopy(before["paths"]["/a/{id}"])
    after = copy.deepcopy(before)
    rename_component(after)

    (finding,) = compare(before, after, level="json").findings

    assert finding.message.startswith("The schema `B` is now called `C`")
    assert finding.operations == ("GET /a/{id}", "GET /b/{id}")


def test_what_holds_beyond_the_level_asks_for_a_patch_only() -> None:
    after = changed(rename_component)

    assert compare(CONTRACT, after, level="json").bump_required == "patch"
    assert compare(CONTRACT, after, level="sdk").bump_required == "major"


def test_the_key_of_an_event_operation_is_its_name_in_generated_code() -> None:
    def events(key: str) -> dict[str, Any]:
        return {
            "asyncapi": "3.0.0",
            "info": {"title": "T", "version": "1.0.0" if key == "old" else "2.0.0"},
            "channels": {"c": {"address": "a", "messages": {"m": {"payload": {"type": "string"}}}}},
            "operations": {key: {"action": "send", "channel": {"$ref": "#/channels/c"}}},
        }

    assert told(compare(events("old"), events("new"), level="sdk"), "operation-id-changed") == ["breaking"]
    assert compare(events("old"), events("new")).verdict == "compatible"


def test_each_rule_has_a_promise() -> None:
    assert set(promises().values()) == set(PROMISE_LEVELS)


@pytest.mark.parametrize(
    ("version", "change", "level"),
    [
        ("1.0.0", "required", "breaking"),
        ("1.1.0", "required", "breaking"),
        ("2.0.0", "required", None),
        ("1.0.0", "summary", None),
    ],
)
def test_a_version_that_is_too_small_is_a_finding(version: str, change: str, level: str | None) -> None:
    after = changed(CHANGES[change][0])
    after["info"]["version"] = version

    report = compare(CONTRACT, after)

    assert told(report, "version-bump-too-small") == ([level] if level else [])
    assert report.bump_sufficient is (version == "2.0.0")


def added(version: str) -> dict[str, Any]:
    after = changed(lambda one: one["components"]["schemas"]["B"]["properties"].update(more={}))
    after["info"]["version"] = version
    return after


def test_an_addition_under_a_patch_version_is_noted_unless_the_policy_says_more() -> None:
    noted = compare(CONTRACT, added("1.0.1"))
    strict = compare(CONTRACT, added("1.0.1"), policy=Policy(version_too_small="breaking"))

    assert (told(noted, "version-bump-too-small"), noted.verdict) == (["info"], "compatible")
    assert (told(strict, "version-bump-too-small"), strict.verdict) == (["breaking"], "breaking")
    assert told(compare(CONTRACT, added("1.1.0")), "version-bump-too-small") == []


def test_a_change_that_is_not_decided_does_not_become_breaking_by_its_version() -> None:
    before, after = copy.deepcopy(CONTRACT), copy.deepcopy(CONTRACT)
    member(before, "kind").clear()
    member(before, "kind").update({"type": "string", "pattern": "^(?<!a)b$"})
    member(after, "kind").clear()
    member(after, "kind").update({"type": "string", "pattern": "^(?<!c)b$"})

    report = compare(before, after)

    assert report.verdict == "unknown"
    assert told(report, "version-bump-too-small") == []
    assert (report.bump_required, report.bump_sufficient) == ("major", False)
    assert [one.level for one in report.findings if one.level != "info"] == ["unknown"]


def test_a_deprecation_without_a_date_is_judged_by_policy() -> None:
    after = changed(lambda one: operation(one).update(deprecated=True))
    dated = changed(lambda one: operation(one).update({"deprecated": True, "x-sunset": "2030-01-01"}))
    demanding = Policy(deprecated_without_sunset="breaking")

    assert told(compare(CONTRACT, after), "deprecated-without-sunset") == ["info"]
    assert told(compare(CONTRACT, dated), "deprecated-without-sunset") == []
    assert compare(CONTRACT, after, policy=demanding).verdict == "breaking"


def test_a_policy_of_another_level_is_refused_in_words() -> None:
    with pytest.raises(CompatibilityError, match="response_member_removed 'nope' is not one of"):
        Policy(response_member_removed="nope")  # type: ignore[arg-type]
