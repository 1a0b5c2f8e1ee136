"""A literal path that gives way to a template is still answered where the parameter takes its text."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from compatibility import compare
from compatibility.openapi_matching import matched
from specs.load import contract_from_value
from specs.openapi import operations

STRING = {"type": "string"}
INFO = {"title": "T", "version": "1.0.0"}


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


@pytest.mark.parametrize(
    ("before", "after", "parameters", "verdict"),
    [
        # A segment that is text around a parameter is any text, not the text `v{}`.
        ("/things/v{n}", "/things/{id}", {"id": STRING}, "compatible"),
        ("/things/v{n}", "/things/{id}", {"id": {**STRING, "maxLength": 3}}, "breaking"),
        # What stands beside text keeps its own name; the next parameter is the next one.
        ("/{a}.{b}/me", "/{a}.{b}/{c}", {"a": STRING, "b": STRING, "c": {"type": "integer"}}, "breaking"),
        ("/{a}.{b}/me", "/{a}.{b}/{c}", {"a": {"type": "integer"}, "b": STRING, "c": STRING}, "compatible"),
    ],
)
def test_each_parameter_of_a_template_is_asked_about_its_own_segment(
    before: str, after: str, parameters: dict[str, Any], verdict: str
) -> None:
    known = {"a": STRING, "b": STRING, "n": STRING} | parameters
    sides = [with_parameters(path, known) for path in (before, after)]

    assert compare(*sides).verdict == verdict


def with_parameters(path: str, schemas: dict[str, Any]) -> dict[str, Any]:
    found = contract(path)
    found["paths"][path]["get"]["parameters"] = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in schemas.items()
        if "{" + name + "}" in path
    ]
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("/a/x{}/{{id}}", "/b/x{}/{{id}}", id="another prefix"),
        pytest.param("/a/x{}", "/{{id}}/y{}", id="templates that share a build with none"),
        pytest.param("/a/{{p{}}}", "/a/{{q{}}}", id="other names of parameters only"),
        pytest.param("/a/x{}", "/a/{{q{}}}", id="every template of the build of every path"),
    ],
)
def test_the_work_of_matching_grows_with_the_operations_and_not_with_their_square(
    before: str, after: str
) -> None:
    few, many = (calls_of_matching(before, after, number) for number in (50, 400))

    assert many < 10 * few


def calls_of_matching(before: str, after: str, number: int) -> int:
    """How many functions are called to match so many moved operations."""
    sides = []
    for template in (before, after):
        operation = {"get": {"responses": {"200": {"description": "ok"}}}}
        paths = {template.format(index): operation for index in range(number)}
        sides.append(contract_from_value({"openapi": "3.1.0", "info": INFO, "paths": paths}))
        operations(sides[-1])
    calls = 0

    def counted(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        matched(*sides)
    finally:
        sys.setprofile(None)
    return calls
