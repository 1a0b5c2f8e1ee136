"""No break hides another: what is found of an edit alone is found of it beside any other edit, or said."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare
from compatibility.bump import bump_declared
from compatibility.errors import CompatibilityError
from compatibility.model import Finding, Report

TEXT = {"type": "string"}
COMBINATIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "not changed": ({"not": {"required": ["x"]}}, {"not": {"required": ["b"]}}),
    "not of a value": (
        {"not": {"properties": {"b": {"const": "q"}}, "required": ["b"]}},
        {"not": {"properties": {"b": {"const": "r"}}, "required": ["b"]}},
    ),
    "not added": ({}, {"not": {"required": ["b"]}}),
    "if changed": (
        {"if": {"required": ["b"]}, "then": {"required": ["c"]}},
        {"if": {"required": ["c"]}, "then": {"required": ["b"]}},
    ),
    "else changed": (
        {"if": {"required": ["b"]}, "else": {"required": ["c"]}},
        {"if": {"required": ["b"]}, "else": {"required": ["a"]}},
    ),
    "if added": ({}, {"if": {"required": ["b"]}, "then": {"required": ["c"]}}),
    "anyOf shorter": (
        {"anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
        {"anyOf": [{"required": ["b"]}]},
    ),
    "oneOf changed": (
        {"oneOf": [{"required": ["b"]}, {"required": ["c"]}]},
        {"oneOf": [{"required": ["b"]}, {"required": ["a"]}]},
    ),
    "allOf added": ({}, {"allOf": [{"properties": {"b": {"maxLength": 1}}}]}),
    "dependentRequired": ({}, {"dependentRequired": {"b": ["c"]}}),
    "dependentSchemas": (
        {"dependentSchemas": {"b": {"required": ["c"]}}},
        {"dependentSchemas": {"c": {"required": ["b"]}}},
    ),
    "propertyNames": ({}, {"propertyNames": {"enum": ["a", "b"]}}),
    "maxProperties": ({}, {"maxProperties": 1}),
}
EDITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "length": (TEXT, {"type": "string", "maxLength": 3}),
    "type": (TEXT, {"type": "integer"}),
    "values": ({"enum": ["p", "q"]}, {"enum": ["p"]}),
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"204": {"description": "d"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}},
    }


def judged(before: dict[str, Any], after: dict[str, Any]) -> Report:
    return compare(body(before), body(after))


def losses(report: Report) -> list[Finding]:
    """What is said of the schema and is not harmless."""
    return [one for one in report.findings if one.level != "info" and one.rule != "version-bump-too-small"]


def thing(member: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": member, "b": TEXT, "c": TEXT}, **more}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_change_of_a_member_hides_no_change_beside_it(combination: str, edit: str) -> None:
    (old, new), (before, after) = COMBINATIONS[combination], EDITS[edit]
    alone = losses(judged(thing(before, old), thing(before, new)))
    both = losses(judged(thing(before, old), thing(after, new)))

    assert alone
    assert {one.fingerprint for one in alone} <= {one.fingerprint for one in both}
    assert len(both) > len(alone)


def variants(count: int, shorter: int) -> dict[str, Any]:
    found = []
    for number in range(count):
        members = {"k": {"const": number}, "v": {"type": "string", "maxLength": number + 2 - shorter}}
        found.append({"type": "object", "properties": members, "required": ["k", "v"]})
    return {"oneOf": found}


def test_every_narrowed_alternative_is_told_even_when_the_work_is_spent() -> None:
    report = judged(variants(40, 0), variants(40, 1))

    assert report.verdict == "breaking"
    assert len(losses(report)) == 40


def test_findings_that_are_left_out_are_counted_and_leave_the_verdict_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("compatibility.comparison.FINDINGS_MAX", 2)
    old = {"type": "object", "properties": dict.fromkeys("abcde", TEXT)}
    new = {**old, "properties": {name: {"type": "string", "maxLength": 9} for name in "abcde"}}
    new["properties"] = {name: {"type": "string", "maxLength": 9 + at} for at, name in enumerate("abcde")}
    report = judged(old, new)

    assert report.not_judged == ("3 findings are left out: a report has 2 at most",)


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("1.0.0", "1.0", "none"),
        ("1.0.0", "v1.1", "minor"),
        ("v1", "v2", "major"),
        ("1.0.0", "", "none"),
        ("2.0.0", "1.0.0", "none"),
        ("1.0.0", "1.0.0-beta", "none"),
        ("2026-01-01", "2026-02-01", "major"),
        ("1.2", "1.2.1", "patch"),
    ],
)
def test_the_step_between_two_versions(before: str, after: str, step: str) -> None:
    assert bump_declared(before, after) == step


@pytest.mark.parametrize("word", ["mode", "level"])
def test_another_mode_or_level_is_refused(word: str) -> None:
    with pytest.raises(CompatibilityError, match="'x' is not one of"):
        compare(body({}), body({"type": "string"}), **{word: "x"})  # type: ignore[arg-type]
