"""Our pass over an OpenAPI document finds what openapi-spec-validator's own pass finds.

The library alone is the oracle. Left out is what it cannot judge: documents its meta-schema refuses, on which
its semantic checks may stop anywhere, references written where data stand, which it follows, and names in
``required`` that are no strings, of which it tells twice.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from specs.bundle import bundled_document
from specs.errors import SpecError
from specs.files import documents_root, read_contract
from specs.load import contract_from_value
from specs.openapi_validity import openapi_violations
from specs.validity import validity_problems

ORDERS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1.0.0"},
    "tags": [{"name": "a"}, {"name": "b"}],
    "paths": {
        "/orders/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Id"}}
            ],
            "get": {
                "operationId": "getOrder",
                "parameters": [{"$ref": "#/components/parameters/Fields"}],
                "responses": {
                    "200": {"$ref": "#/components/responses/Order"},
                    "default": {
                        "description": "d",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "allOf": [{"$ref": "#/components/schemas/Party"}],
                                    "required": ["name"],
                                }
                            }
                        },
                    },
                },
            },
            "put": {
                "operationId": "putOrder",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                },
                "responses": {"204": {"description": "d"}},
            },
        },
        "/notes": {
            "post": {
                "operationId": "postNote",
                "responses": {
                    "200": {
                        "description": "d",
                        "content": {"text/plain": {"schema": {"type": "string", "default": "x"}}},
                    }
                },
            }
        },
    },
    "components": {
        "parameters": {
            "Fields": {
                "name": "fields",
                "in": "query",
                "schema": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/Id"},
                    "default": ["a"],
                },
            }
        },
        "responses": {
            "Order": {
                "description": "d",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
            }
        },
        "schemas": {
            "Id": {"type": "string", "minLength": 1, "default": "a"},
            "Party": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "parent": {"$ref": "#/components/schemas/Party"},
                    "kind": {"type": "string", "enum": ["x", "y"], "default": "x"},
                    "rank": {"type": "integer", "default": 1},
                },
            },
            "Order": {
                "allOf": [
                    {"$ref": "#/components/schemas/Party"},
                    {"type": "object", "properties": {"total": {"type": "number", "default": 1.5}}},
                ],
                "required": ["name", "total"],
            },
            "Any": {
                "oneOf": [{"$ref": "#/components/schemas/Order"}, {"type": "boolean", "xml": {"name": "q"}}],
                "default": False,
            },
            "Page": {
                "type": "object",
                "externalDocs": {"url": "https://docs.example/"},
                "properties": {
                    "any": {"$ref": "#/components/schemas/Any"},
                    "no": {"not": {"type": "string"}},
                    "items": {"type": "array", "items": {"anyOf": [{"$ref": "#/components/schemas/Id"}]}},
                },
            },
        },
    },
}
WRITTEN: list[Any] = [
    5, "x", None, [], {}, True, -1, 1.5, ["a", "a"],
    {"type": "strin"}, {"type": "string", "default": 5}, {"pattern": "("}, {"exclusiveMinimum": 1},
    {"allOf": [{"type": "object", "properties": {"p": {}}}], "required": ["p", "zz"]},
    {"allOf": [{"$ref": "#/components/schemas/Page"}], "required": ["any", "none"], "default": 5},
    {"xml": {"namespace": "a b"}}, {"externalDocs": {"url": "%"}},
]  # fmt: skip
SEEDS = range(1_000)


def library_pass(document: dict[str, Any]) -> list[str] | None:
    """The messages of the library's semantic checks; None where they cannot be had."""
    kind = OpenAPIV30SpecValidator if document["openapi"].startswith("3.0") else OpenAPIV31SpecValidator
    validator = kind(document)
    if next(kind.schema_validator.iter_errors(document), None) is not None:
        return None
    try:
        messages = {normal(error.message) for error in validator.root_validator(validator.schema_path)}
    except Exception:
        return None
    return sorted(message for message in messages if "not defined properties: 5" not in message)


def our_pass(document: dict[str, Any]) -> list[str]:
    found = openapi_violations(document, document["openapi"])
    return sorted({normal(violation.message) for violation in found})


def normal(message: str) -> str:
    """The library names undefined members in the order of a set."""
    head, found, names = message.rstrip(".").partition("not defined properties: ")
    return head + found + "".join(sorted(names)) if found else head


def broken(seed: int) -> dict[str, Any]:
    """The orders document in either version with a few places overwritten, removed or referred elsewhere."""
    chance = random.Random(seed)
    document = copy.deepcopy(ORDERS)
    document["openapi"] = chance.choice(["3.0.3", "3.1.0"])
    for _ in range(chance.choice([1, 1, 2, 4])):
        holder = chance.choice([one for one in containers(document["paths"], document["components"]) if one])
        key = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if key in ("default", "properties", "$ref", "x-data"):
            holder[key] = chance.choice([5, "x", True, []])
        elif chance.random() < 0.2:
            del holder[key]
        elif chance.random() < 0.3:
            name = chance.choice(list(ORDERS["components"]["schemas"]))
            holder[key] = {"$ref": f"#/components/schemas/{name}"}
        else:
            holder[key] = copy.deepcopy(chance.choice(WRITTEN))
    return document


def containers(*values: Any) -> Iterator[Any]:
    for value in values:
        if isinstance(value, dict | list):
            yield value
            yield from containers(*(value.values() if isinstance(value, dict) else value))


def test_broken_documents_are_judged_as_the_library_judges_them() -> None:
    compared = told = 0
    for seed in SEEDS:
        document = broken(seed)
        try:
            contract_from_value(document)
        except SpecError:
            continue  # its references lead nowhere, so it is never judged
        expected = library_pass(document)
        if expected is None:
            continue

        assert our_pass(document) == expected, (seed, json.dumps(document))
        compared += 1
        told += bool(expected)

    assert compared > len(SEEDS) / 4
    assert told > len(SEEDS) / 10


@pytest.mark.parametrize("path", sorted(documents_root().rglob("*.openapi.yaml")), ids=lambda path: path.name)
def test_packaged_contracts_are_judged_as_the_library_judges_them(path: Any) -> None:
    contract = read_contract(path, [documents_root()])

    assert library_pass(bundled_document(contract)) == []
    assert validity_problems(contract) == ()
