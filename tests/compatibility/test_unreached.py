"""A change of what no value can hold breaks nobody, whatever else changes beside it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import compare, compare_schemas
from compatibility.model import Finding

Holder = Callable[[Any], Any]
INNER: Any = {"type": "object", "properties": {"x": {"type": ["string", "integer"]}, "y": {}}}


def held(**words: Any) -> Holder:
    """An object with the member `a` under test, and what keeps every value from having it."""

    def holder(inner: Any) -> Any:
        members = {"a": inner, **words.get("properties", {})}
        return {"type": "object", **words, "properties": members}

    return holder


UNREACHED: dict[str, Holder] = {
    "refused beside": held(allOf=[{"properties": {"a": False}}]),
    "refused by a reference": held(allOf=[{"$ref": "#/components/schemas/None"}]),
    "refused by not": held(**{"not": {"required": ["a"]}}),
    "another type beside": held(allOf=[{"properties": {"a": {"type": "string"}}}]),
    "a constant beside": held(allOf=[{"properties": {"a": {"const": 1}}}]),
    "a required neighbour without a value": held(required=["z"], properties={"z": False}),
    "a required neighbour of contradictions": held(
        required=["z"], properties={"z": {"type": "integer", "minimum": 2, "maximum": 1}}
    ),
    "a name that is refused": held(propertyNames={"enum": ["b", "r"]}),
    "no room": held(maxProperties=0),
    "all room taken": held(maxProperties=1, required=["b"], properties={"b": {}}),
    "a pattern beside": held(patternProperties={"^a": False}),
    "a dependency that cannot hold": held(
        dependentRequired={"a": ["n"]}, allOf=[{"properties": {"n": False}}]
    ),
    "a dependency on a schema": held(dependentSchemas={"a": False}),
    "listed values": held(enum=[{"b": 1}, {"b": 1, "r": 1}]),
    "a type of its own": lambda inner: {"type": "string", "properties": {"a": inner}},
    "no items": lambda inner: held()({"type": "array", "maxItems": 0, "items": inner}),
    "items that are all listed": lambda inner: held()(
        {"type": "array", "maxItems": 1, "prefixItems": [{"type": "string"}], "items": inner}
    ),
    "two levels up": lambda inner: held(allOf=[{"properties": {"a": False}}])(held()(inner)),
    "beside the whole": lambda inner: {
        "allOf": [held()(inner), {"type": "object", "properties": {"a": False}}]
    },
    "in an alternative without a value": lambda inner: {
        "anyOf": [
            {"type": "object", "properties": {"b": {}}},
            held(allOf=[{"properties": {"a": False}}])(inner),
        ]
    },
    "never sent to a server": held(properties={}, allOf=[{"maxProperties": 0}]),
}


def contract(schema: Any) -> Any:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    answer = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/p": {"post": {"requestBody": body, "responses": {"200": answer}}}},
        "components": {"schemas": {"None": {"properties": {"a": False}}}},
    }


def narrowed(inner: Any) -> Any:
    return {**inner, "properties": {**inner["properties"], "x": {"type": "boolean"}}}


def without_a_member(inner: Any) -> Any:
    return {**inner, "properties": {"x": inner["properties"]["x"]}}


def with_a_requirement(inner: Any) -> Any:
    return {**inner, "required": ["x", "y"]}


EDITS = (narrowed, without_a_member, with_a_requirement)


def with_a_break(schema: Any) -> Any:
    """The same with a break of its own, so that the whole is not compatible."""
    found = copy.deepcopy(schema)
    alternatives = found.get("anyOf") or found.get("allOf") or []
    holder = next((one for one in (found, *alternatives) if "properties" in one), found)
    if found.get("type") == "string":
        found["maxLength"] = 3
    else:
        holder["properties"]["r"] = {"type": "integer", "maximum": 3}
    return found


def told(before: Any, after: Any, *, mode: Any = "declared") -> list[Finding]:
    findings = compare(contract(before), contract(after), mode=mode).findings
    return [one for one in findings if one.level != "info" and one.rule != "version-bump-too-small"]


@pytest.mark.parametrize("mode", ["declared", "strict"])
@pytest.mark.parametrize("edit", EDITS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", UNREACHED)
def test_a_change_of_what_no_value_holds_breaks_nobody(name: str, edit: Any, mode: Any) -> None:
    before, after = UNREACHED[name](INNER), UNREACHED[name](edit(INNER))
    schemas = {"schemas": {"None": {"properties": {"a": False}}}}

    for flow in ("consumed", "produced"):
        whole = ({**one, "components": schemas} for one in (before, after))
        assert compare_schemas(*whole, direction=flow).verdict == "compatible"
    assert [one.message for one in told(before, after, mode=mode)] == []


@pytest.mark.parametrize("edit", EDITS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", UNREACHED)
def test_a_break_beside_it_is_the_only_one_told(name: str, edit: Any) -> None:
    before, after = UNREACHED[name](INNER), UNREACHED[name](edit(INNER))
    if name in ("a required neighbour without a value", "a required neighbour of contradictions"):
        return  # no break can stand beside it: the whole takes no value
    wider = copy.deepcopy(before)
    alone = {one.fingerprint for one in told(wider, with_a_break(wider))}

    both = {one.fingerprint: one.message for one in told(wider, with_a_break(after))}

    assert set(both) == alone, both


@pytest.mark.parametrize("edit", EDITS, ids=lambda one: one.__name__)
def test_a_place_that_is_reached_another_way_is_told(edit: Any) -> None:
    """The shared schema is unreached first, reached behind a constraint, and reached plainly."""
    reference = {"$ref": "#/components/schemas/Inner"}
    plain = held()(reference)
    ways = (
        held(allOf=[{"properties": {"a": False}}], properties={"b": reference}),
        lambda inner: held(properties={"b": held(minProperties=1)(inner)}, maxProperties=1)(inner),
    )
    for holder in (*ways, lambda inner: {"type": "object", "properties": {"a": ways[0](inner), "z": plain}}):
        sides = []
        for inner in (INNER, edit(INNER)):
            document = contract(holder(reference))
            document["components"]["schemas"]["Inner"] = inner
            sides.append(document)
        findings = [one for one in compare(*sides).findings if one.level == "breaking"]
        assert findings, edit.__name__
        assert all(one.witness or one.rule == "version-bump-too-small" for one in findings)
