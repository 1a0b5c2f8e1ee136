"""What does not cross in a direction is judged in the other one only: `readOnly` and `writeOnly`."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare


def contract(member: dict[str, Any], more: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": member, **(more or {})}}
    content = {"application/json": {"schema": schema}}
    answer = {"description": "ok", "content": content}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": {"requestBody": {"content": content}, "responses": {"200": answer}}}},
    }


def said(before: dict[str, Any], after: dict[str, Any]) -> set[tuple[str, str]]:
    report = compare(before, after)
    return {(one.level, one.rule) for one in report.findings if one.rule != "version-bump-too-small"}


@pytest.mark.parametrize(
    ("word", "rule"), [("writeOnly", "request-value-removed"), ("readOnly", "response-value-added")]
)
def test_a_hidden_member_is_judged_in_the_direction_it_crosses(word: str, rule: str) -> None:
    found = said(contract({"enum": ["x"], word: True}), contract({"enum": ["y"], word: True}))

    assert found == {("breaking", rule)}


def test_a_member_that_becomes_read_only_is_refused_and_not_called_ignored() -> None:
    found = said(contract({"type": "string"}), contract({"type": "string", "readOnly": True}))

    assert found == {("breaking", "request-member-refused")}


def test_a_new_read_only_member_is_new_in_responses_only() -> None:
    before, after = contract({"type": "string"}), contract({"type": "string"}, {"b": {"readOnly": True}})

    assert said(before, after) == {("info", "response-member-added")}
