"""The canonical form of a schema: complete in itself, of one dialect, and cheap to ask for again."""

from __future__ import annotations

import time
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from specs.errors import SpecError
from specs.load import contract_from_value, load_contract
from specs.schema import Dialect, dialect_of, self_contained


def openapi(version: str, **schemas: Any) -> Any:
    return contract_from_value(
        {
            "openapi": version,
            "info": {"title": "t", "version": "1.0.0"},
            "paths": {},
            "components": {"schemas": schemas},
        }
    )


def canonical(version: str, schema: Any, **others: Any) -> Any:
    contract = openapi(version, Root=schema, **others)
    found = self_contained(contract.node("/components/schemas/Root"))
    found.pop("$schema")
    return found


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a"]},
        ),
        (
            {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Leaf"}]},
            {"allOf": [{"$ref": "#/$defs/Leaf"}], "$defs": {"Leaf": {"type": "object"}}},
        ),
        (
            {"$ref": "#/components/schemas/Leaf", "nullable": True, "description": "ignored"},
            {"$ref": "#/$defs/Leaf", "$defs": {"Leaf": {"type": "object"}}},
        ),
        ({"maximum": 5, "exclusiveMaximum": True}, {"exclusiveMaximum": 5}),
        ({"maximum": 5, "exclusiveMaximum": False}, {"maximum": 5}),
        ({"exclusiveMinimum": True}, {}),
        ({"const": 1, "if": {}, "patternProperties": {}, "type": "string"}, {"type": "string"}),
        (
            {"type": "string", "format": "binary", "example": "x", "xml": {"name": "n"}},
            {"type": "string", "format": "binary", "example": "x", "xml": {"name": "n"}},
        ),
    ],
)
def test_openapi_30_is_lowered(written: Any, expected: Any) -> None:
    assert canonical("3.0.3", written, Leaf={"type": "object"}) == expected


def test_openapi_31_keeps_what_stands_beside_a_reference() -> None:
    found = canonical("3.1.0", {"$ref": "#/components/schemas/Leaf", "minLength": 2}, Leaf={"type": "string"})

    assert found == {"$ref": "#/$defs/Leaf", "minLength": 2, "$defs": {"Leaf": {"type": "string"}}}


def test_a_recursive_schema_refers_to_itself() -> None:
    tree = {"properties": {"next": {"$ref": "#/components/schemas/Root"}}}

    found = canonical("3.1.0", tree)

    lowered = {"properties": {"next": {"$ref": "#/$defs/Root"}}}
    assert found == {**lowered, "$defs": {"Root": lowered}}


def test_the_names_do_not_depend_on_what_was_asked_for_first() -> None:
    schemas = {
        "A": {"items": {"$ref": "#/components/schemas/B/properties/x"}},
        "B": {"properties": {"x": {"$ref": "#/components/schemas/A"}}},
    }
    one, other = openapi("3.1.0", **schemas), openapi("3.1.0", **schemas)
    other_b = self_contained(other.node("/components/schemas/B"))

    assert self_contained(one.node("/components/schemas/A")) == self_contained(
        other.node("/components/schemas/A")
    )
    assert self_contained(one.node("/components/schemas/B")) == other_b


def test_names_hostile_to_pointers_are_reached() -> None:
    schema = {
        "properties": {
            "a": {"$ref": "#/components/schemas/Root/properties/b~1c~0d%20%25"},
            "b/c~d %": {"type": "string"},
        }
    }
    found = canonical("3.1.0", schema)

    for engine in (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator):
        assert engine(found).is_valid({"a": "x"})
        assert not engine(found).is_valid({"a": 1})


def test_no_identifier_survives_so_nothing_resolves_outward() -> None:
    contract = contract_from_value(
        {
            "$id": "https://example.com/a",
            "$defs": {
                "b": {
                    "$id": "https://example.com/b",
                    "$anchor": "x",
                    "$defs": {"c": {"type": "string"}},
                    "items": {"$ref": "#/$defs/c"},
                }
            },
            "properties": {"b": {"$ref": "b"}, "d": {"$id": "d", "$ref": "https://example.com/b#x"}},
        }
    )

    found = self_contained(contract.root)

    assert "example.com" not in repr(found)
    assert jsonschema_rs.Draft202012Validator(found).is_valid({"b": ["x"], "d": ["y"]})
    assert not jsonschema.Draft202012Validator(found).is_valid({"d": [1]})


TREE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/strict",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "https://example.com/tree",
            "$dynamicAnchor": "node",
            "properties": {"data": True, "children": {"items": {"$dynamicRef": "#node"}}},
        }
    },
}


def test_a_dynamic_reference_means_the_outermost_anchor() -> None:
    contract = contract_from_value(TREE)
    strict, loose = self_contained(contract.root), self_contained(contract.node("/$defs/tree"))
    misspelled = {"children": [{"daat": 1}]}

    for engine in (jsonschema.Draft202012Validator, jsonschema_rs.Draft202012Validator):
        assert not engine(strict).is_valid(misspelled)
        assert engine(strict).is_valid({"children": [{"data": 1}]})
        assert engine(loose).is_valid(misspelled)
    assert not jsonschema.Draft202012Validator(TREE).is_valid(misspelled)


def test_a_recursive_reference_means_the_outermost_recursive_anchor() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": "https://example.com/strict",
        "$recursiveAnchor": True,
        "$ref": "tree",
        "unevaluatedProperties": False,
        "$defs": {
            "tree": {
                "$id": "https://example.com/tree",
                "$recursiveAnchor": True,
                "properties": {"data": True, "children": {"items": {"$recursiveRef": "#"}}},
            }
        },
    }
    found = self_contained(contract_from_value(schema).root)

    for value in ({"children": [{"daat": 1}]}, {"children": [{"data": 1}]}, {"children": [{"children": 1}]}):
        expected = jsonschema.Draft201909Validator(schema).is_valid(value)
        assert jsonschema.Draft202012Validator(found).is_valid(value) == expected
        assert jsonschema_rs.Draft202012Validator(found).is_valid(value) == expected


@pytest.mark.parametrize(
    ("entry", "other", "dialect"),
    [
        ("openapi: 3.0.3", "type: string", Dialect.OPENAPI_30),
        ("openapi: 3.1.0", "type: string", Dialect.DRAFT_2020_12),
        ("openapi: 3.0.3", "$schema: http://json-schema.org/draft-07/schema#", Dialect.DRAFT_07),
        ("openapi: 3.1.0", "$schema: http://json-schema.org/draft-04/schema#", Dialect.DRAFT_04),
        ("asyncapi: 3.0.0", "type: string", Dialect.DRAFT_07),
        (
            "openapi: 3.1.0\njsonSchemaDialect: https://json-schema.org/draft/2019-09/schema",
            "type: string",
            Dialect.DRAFT_2019_09,
        ),
    ],
)
def test_a_fragment_has_its_own_dialect_or_that_of_its_contract(
    entry: str, other: str, dialect: Dialect
) -> None:
    contract = load_contract("a.yaml", f"{entry}\na: {{$ref: b.yaml}}".encode(), {"b.yaml": other.encode()})

    assert dialect_of(contract.node("/a").resolved()) is dialect


@pytest.mark.parametrize(
    ("schema_format", "dialect"),
    [
        ("application/vnd.aai.asyncapi+yaml;version=3.0.0", Dialect.DRAFT_07),
        ("application/schema+json;version=draft-06", Dialect.DRAFT_06),
        ("application/schema+yaml;version=draft-2020-12", Dialect.DRAFT_2020_12),
        ("application/vnd.oai.openapi+json;version=3.0.0", Dialect.OPENAPI_30),
        ("application/vnd.apache.avro;version=1.9.0", None),
    ],
)
def test_an_asyncapi_schema_format_names_the_dialect(schema_format: str, dialect: Dialect | None) -> None:
    schema = {"schemaFormat": schema_format, "schema": {"type": "string"}}
    contract = contract_from_value({"asyncapi": "3.0.0", "components": {"schemas": {"A": schema}}})

    if dialect is None:
        with pytest.raises(SpecError) as refusal:
            self_contained(contract.node("/components/schemas/A"))
        assert refusal.value.code == "schema.format_unsupported"
    else:
        assert dialect_of(contract.node("/components/schemas/A/schema")) is dialect
        assert self_contained(contract.node("/components/schemas/A"))["type"] == "string"  # type: ignore[index]


def test_an_unknown_dialect_is_refused() -> None:
    contract = contract_from_value({"$schema": "https://example.com/mine"})

    with pytest.raises(SpecError) as refusal:
        self_contained(contract.root)

    assert refusal.value.code == "schema.dialect_unknown"


def test_boolean_schemas_stay_boolean() -> None:
    assert self_contained(contract_from_value(True).root) is True
    assert canonical("3.1.0", {"items": False}) == {"items": False}


def test_a_thousand_schemas_over_the_same_parts_share_them() -> None:
    """Each part is lowered once: a second thousand costs a fraction of what copying would."""
    parts = {
        f"P{n}": {
            "properties": {f"p{m}": {"$ref": f"#/components/schemas/P{(n + m) % 100}"} for m in range(5)}
        }
        for n in range(100)
    }
    uses = {f"U{n}": {"items": {"$ref": f"#/components/schemas/P{n % 100}"}} for n in range(1000)}
    contract = openapi("3.1.0", **parts, **uses)

    started = time.process_time()
    found = [self_contained(contract.node(f"/components/schemas/U{n}")) for n in range(1000)]

    assert all(len(schema["$defs"]) == 100 for schema in found)  # type: ignore[index,arg-type]
    assert len({id(schema["$defs"]["P0"]) for schema in found}) == 1  # type: ignore[index,call-overload]
    assert time.process_time() - started < 10
