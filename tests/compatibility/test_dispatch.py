"""A discriminator says how an object is read; validation does not notice when that changes."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare

SCHEMAS = {
    "Cat": {"type": "object", "properties": {"t": {"type": "string"}, "lives": {"type": "integer"}}},
    "Dog": {"type": "object", "properties": {"t": {"type": "string"}, "lives": {"type": "string"}}},
    "Pug": {"type": "object", "properties": {"t": {"type": "string"}, "lives": {"type": "string"}}},
}
for made in SCHEMAS.values():
    made["required"] = ["t", "lives"]


def contract(place: str, alternatives: list[str], mapping: dict[str, str] | None, **schemas: Any) -> Any:
    parts = [{"$ref": f"#/components/schemas/{name}"} for name in alternatives]
    discriminator: dict[str, Any] = {"propertyName": "t"}
    if mapping is not None:
        discriminator["mapping"] = mapping
    schema: dict[str, Any] = {"anyOf": parts, "discriminator": discriminator}
    if schemas.pop("plain", False):
        del schema["discriminator"]
    content = {"content": {"application/json": {"schema": schema}}}
    answer = {"responses": {"200": {"description": "ok", **(content if place == "response" else {})}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": {**answer, **({"requestBody": content} if place == "request" else {})}}},
        "components": {"schemas": {**SCHEMAS, **schemas}},
    }


BOTH = ["Cat", "Dog"]


@pytest.mark.parametrize("place", ["request", "response"])
def test_values_that_stand_for_other_schemas_break_with_proof(place: str) -> None:
    report = compare(
        contract(place, BOTH, {"x": "Cat", "y": "Dog"}), contract(place, BOTH, {"x": "Dog", "y": "Cat"})
    )

    (finding,) = (one for one in report.findings if one.rule == "discriminator-mapping-changed")
    assert finding.level == "breaking"
    assert "`x` and `y`" in finding.message
    assert finding.witness is not None
    assert finding.witness.value["t"] == "x"


def test_a_value_that_stands_for_an_interchangeable_schema_is_noted() -> None:
    report = compare(
        contract("request", ["Dog", "Pug"], {"x": "Dog"}), contract("request", ["Dog", "Pug"], {"x": "Pug"})
    )

    assert report.verdict == "compatible"
    assert "discriminator-mapping-changed" in {one.rule for one in report.findings}


@pytest.mark.parametrize(
    ("place", "before", "after", "verdict"),
    [
        ("request", {"x": "Cat", "c": "Cat"}, {"x": "Cat"}, "breaking"),
        ("request", {"x": "Cat"}, {"x": "Cat", "c": "Cat"}, "compatible"),
        ("response", {"x": "Cat", "c": "Cat"}, {"x": "Cat"}, "compatible"),
        ("response", {"x": "Cat"}, {"x": "Cat", "c": "Cat"}, "breaking"),
        ("response", {"x": "Cat"}, {"x": "#/components/schemas/Cat"}, "compatible"),
    ],
)
def test_a_value_without_a_schema_is_not_read(place: str, before: Any, after: Any, verdict: str) -> None:
    assert compare(contract(place, BOTH, before), contract(place, BOTH, after)).verdict == verdict


def test_a_value_that_no_object_has_is_no_loss() -> None:
    closed = {**SCHEMAS["Cat"], "properties": {**SCHEMAS["Cat"]["properties"], "t": {"const": "x"}}}
    sides = ({"x": "Cat", "c": "Cat"}, {"x": "Cat"})
    before, after = (contract("request", BOTH, mapping, Cat=closed) for mapping in sides)

    assert compare(before, after).verdict == "compatible"


@pytest.mark.parametrize("place", ["request", "response"])
def test_the_name_of_a_component_is_a_value_on_the_wire(place: str) -> None:
    former, now = contract(place, BOTH, None), contract(place, ["Katze", "Dog"], None, Katze=SCHEMAS["Cat"])
    del now["components"]["schemas"]["Cat"]

    report = compare(former, now)
    (finding,) = (one for one in report.findings if one.rule == "schema-component-renamed")

    assert finding.level == "breaking"
    assert "told apart by its name" in finding.message


def test_a_discriminator_that_is_gone_is_noted() -> None:
    report = compare(contract("request", BOTH, None), contract("request", BOTH, None, plain=True))

    assert [one.level for one in report.findings if one.rule == "discriminator-mapping-changed"] == ["info"]


def event(member: str) -> dict[str, Any]:
    names = {"x": {"type": "string"}, "mode": {"type": "string"}}
    payload = {"type": "object", "discriminator": member, "properties": names, "required": ["x", "mode"]}
    return {
        "asyncapi": "2.6.0",
        "info": {"title": "T", "version": "1.0.0"},
        "channels": {"a": {"subscribe": {"message": {"payload": payload}}}},
    }


def test_asyncapi_writes_the_name_of_the_member_alone() -> None:
    report = compare(event("x"), event("mode"))

    assert report.findings[0].rule == "discriminator-changed"
    assert report.verdict == "breaking"
