"""A literal path that gives way to a template is still answered where the parameter takes its text."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare

STRING = {"type": "string"}


def contract(path: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    operation: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
    if schema is not None:
        operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": schema}]
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {path: {"get": operation}},
        "components": {"schemas": {"Id": {**STRING, "maxLength": 1}}},
    }


@pytest.mark.parametrize(
    ("literal", "schema", "verdict"),
    [
        ("me", STRING, "compatible"),
        ("me", {}, "compatible"),
        ("me", {**STRING, "minLength": 2}, "compatible"),
        ("me", {**STRING, "minLength": 3}, "breaking"),
        ("me", {**STRING, "maxLength": 1}, "breaking"),
        ("me", {"$ref": "#/components/schemas/Id"}, "breaking"),
        ("me", {**STRING, "pattern": "^m"}, "compatible"),
        ("me", {**STRING, "pattern": "^[0-9]+$"}, "breaking"),
        ("me", {"not": {"const": "me"}}, "breaking"),
        ("me", {**STRING, "format": "uuid"}, "breaking"),
        ("me", {"type": "integer"}, "breaking"),
        ("me", {"type": "array", "items": STRING}, "compatible"),
        ("me", {"type": "array", "items": {"type": "integer"}}, "breaking"),
        ("42", {"type": "integer"}, "compatible"),
        ("42", {"type": "integer", "maximum": 9}, "breaking"),
        ("a%20b", {"enum": ["a b"]}, "compatible"),
    ],
)
def test_a_template_replaces_a_literal_only_where_it_takes_it(
    literal: str, schema: dict[str, Any], verdict: str
) -> None:
    report = compare(contract(f"/things/{literal}"), contract("/things/{id}", schema))

    assert report.verdict == verdict
    assert ("operation-removed" in {one.rule for one in report.findings}) is (verdict == "breaking")
