"""One document out of many, for tools that read only one."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import openapi_core
import pytest
import schemathesis
from openapi_spec_validator import validate

from specs.bundle import bundled_document
from specs.files import documents_root, read_contract
from specs.load import load_contract
from specs.schema import self_contained

CONTRACTS = sorted(documents_root().rglob("*.openapi.yaml"))
IDS = [path.name for path in CONTRACTS]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for member in value.values() for found in references(member)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []


@pytest.mark.parametrize("path", CONTRACTS, ids=IDS)
def test_each_packaged_contract_becomes_one_valid_document(path: Any) -> None:
    contract = read_contract(path, [documents_root()])

    document = bundled_document(contract)

    assert all(reference.startswith("#/") for reference in references(document))
    validate(copy.deepcopy(document))
    openapi_core.OpenAPI.from_dict(copy.deepcopy(document))
    assert len(list(schemathesis.openapi.from_dict(copy.deepcopy(document)).get_all_operations())) > 0


@pytest.mark.parametrize("path", CONTRACTS, ids=IDS)
def test_the_bundle_means_what_the_contract_means(path: Any) -> None:
    from specs.load import contract_from_value
    from specs.openapi import operations

    contract = read_contract(path, [documents_root()])
    single = contract_from_value(bundled_document(contract))

    for before, after in zip(operations(contract), operations(single), strict=True):
        assert (before.method, before.path, before.security and len(before.security)) == (
            after.method,
            after.path,
            after.security and len(after.security),
        )
        assert [p.name for p in before.parameters] == [p.name for p in after.parameters]
        for response, other in zip(before.responses, after.responses, strict=True):
            for part, same in zip(response.content, other.content, strict=True):
                assert part.schema is not None
                assert same.schema is not None
                jsonschema_rs.validator_for(self_contained(part.schema))
                assert _plain(self_contained(part.schema)) == _plain(self_contained(same.schema))


def _plain(schema: Any) -> Any:
    """A schema with references replaced by what they lead to, down to a depth; names do not matter."""
    definitions = schema.get("$defs", {})

    def expand(value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str) and depth > 0:
                target = definitions[value["$ref"].removeprefix("#/$defs/")]
                value = {**{k: v for k, v in value.items() if k != "$ref"}, "->": target}
            elif depth == 0:
                return "…"
            return {name: expand(member, depth - 1) for name, member in value.items() if name != "$defs"}
        if isinstance(value, list):
            return [expand(item, depth) for item in value]
        return value

    return expand(schema, 14)


def test_the_result_is_the_callers_own() -> None:
    contract = load_contract("a.yaml", b"openapi: 3.1.0\ninfo: {title: t}\nx-a: {b: [1]}")
    document = bundled_document(contract)

    document["x-a"]["b"].append(2)
    document["info"]["title"] = "changed"

    assert contract.document.value["x-a"] == {"b": [1]}
    assert contract.title == "t"


def test_parts_are_gathered_by_what_they_are_and_names_do_not_collide() -> None:
    entry = """
openapi: 3.1.0
paths:
  /a: {$ref: 'parts.yaml#/item'}
  /b:
    get:
      parameters: [{$ref: 'parts.yaml#/limit'}]
      responses:
        default: {$ref: 'parts.yaml#/problem'}
        '200':
          description: ok
          headers: {ETag: {$ref: 'parts.yaml#/tag'}}
          content:
            application/json:
              schema: {$ref: 'parts.yaml#/Money'}
              examples: {one: {$ref: 'parts.yaml#/example'}}
components:
  schemas: {Money: {type: integer}}
"""
    parts = """
item: {get: {responses: {default: {$ref: '#/problem'}}}}
limit: {name: limit, in: query, schema: {$ref: '#/Money'}}
problem: {description: bad}
tag: {schema: {type: string}}
Money: {type: string, default: {$ref: '#/kept'}}
example: {value: {$ref: '#/kept'}}
"""
    document = bundled_document(load_contract("a.yaml", entry.encode(), {"parts.yaml": parts.encode()}))

    assert document["components"] == {
        "schemas": {
            "Money": {"type": "integer"},
            "Money_2": {"type": "string", "default": {"$ref": "#/kept"}},
        },
        "parameters": {
            "limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Money_2"}}
        },
        "responses": {"problem": {"description": "bad"}},
        "headers": {"tag": {"schema": {"type": "string"}}},
        "examples": {"example": {"value": {"$ref": "#/kept"}}},
        "pathItems": {
            "item": {"get": {"responses": {"default": {"$ref": "#/components/responses/problem"}}}}
        },
    }


def test_a_path_item_stands_in_place_where_there_is_no_component_for_it() -> None:
    entry = b"openapi: 3.0.3\npaths:\n  /a: {$ref: 'parts.yaml#/item'}\n"
    parts = b"item: {get: {responses: {default: {$ref: '#/problem'}}}}\nproblem: {description: bad}"

    document = bundled_document(load_contract("a.yaml", entry, {"parts.yaml": parts}))

    assert document["paths"]["/a"] == {
        "get": {"responses": {"default": {"$ref": "#/components/responses/problem"}}}
    }


def test_a_json_schema_gathers_under_its_own_definitions() -> None:
    entry = b"$id: https://example.com/a\nitems: {$ref: b.yaml}\n"
    other = b"$id: https://example.com/b.yaml\ntype: array\nitems: {$ref: a}\n"

    document = bundled_document(load_contract("a.yaml", entry, {"b.yaml": other}))

    assert document == {
        "items": {"$ref": "#/$defs/b"},
        "$defs": {"b": {"type": "array", "items": {"$ref": "#"}}},
    }
