"""What a page shows of a contract has a bounded size, whatever the contract."""

from __future__ import annotations

from typing import Any

from registry.reference import DEPTH_MAX, ROWS_MAX, Row, reference_of
from specs.load import contract_from_value


def rows_of(schema: dict[str, Any], **schemas: Any) -> tuple[Row, ...]:
    answer = {"description": "d", "content": {"application/json": {"schema": schema}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": answer}}}},
        "components": {"schemas": schemas},
    }
    (entry,) = reference_of(contract_from_value(document)).entries
    return entry.parts[0].rows


def test_a_recursive_schema_is_unfolded_once() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}},
        "required": ["next"],
    }
    (row,) = rows_of({"$ref": "#/components/schemas/Node"}, Node=node)

    assert (row.name, row.type, row.required) == ("next", "object Node", True)


def test_rows_are_bounded_in_number_and_depth() -> None:
    wide = {"type": "object", "properties": {f"m{number}": {"type": "string"} for number in range(2_000)}}
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        deep = {"type": "object", "properties": {"inner": deep}}

    assert len(rows_of(wide)) == ROWS_MAX
    assert max(row.depth for row in rows_of(deep)) == DEPTH_MAX


def test_many_shared_schemas_do_not_multiply() -> None:
    schemas = {
        f"S{level}": {
            "type": "object",
            "properties": {
                f"p{number}": {"$ref": f"#/components/schemas/S{level + 1}"} for number in range(30)
            },
        }
        for level in range(8)
    }
    schemas["S8"] = {"type": "string"}

    assert len(rows_of({"$ref": "#/components/schemas/S0"}, **schemas)) == ROWS_MAX


def test_types_say_what_a_reader_asks() -> None:
    rows = rows_of(
        {
            "type": "object",
            "properties": {
                "when": {"type": ["string", "null"], "format": "date"},
                "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}, "minItems": 1},
                "choice": {"oneOf": [{"$ref": "#/components/schemas/Line"}, {"type": "string"}]},
            },
        },
        Line={"type": "object", "properties": {"sku": {"enum": ["a", "b"], "deprecated": True}}},
    )
    told = {row.name: row for row in rows}

    assert told["when"].type == "string or null (date)"
    assert told["lines"].type == "array of Line"
    assert told["lines"].bounds == ("at least 1 items",)
    assert told["choice"].type == "one of 2"
    assert told["sku"].values == ("a", "b")
    assert told["sku"].deprecated
