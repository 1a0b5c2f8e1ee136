"""The proof of a finding shows the edit it names; which one is named does not hang on the order of paths."""

from __future__ import annotations

import copy
from typing import Any

from compatibility import compare
from compatibility.model import Report

JSON = "application/json"


def contract(paths: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def answering(schema: Any) -> dict[str, Any]:
    return {"get": {"responses": {"200": {"description": "ok", "content": {JSON: {"schema": schema}}}}}}


def taking(schema: Any) -> dict[str, Any]:
    body = {"required": True, "content": {JSON: {"schema": schema}}}
    return {"post": {"requestBody": body, "responses": {"204": {"description": "ok"}}}}


def thing() -> dict[str, Any]:
    """A thing with an identifier of a shared base, and lines of one of two kinds; one holds things again."""
    lines = {"type": "array", "items": {"oneOf": [{"$ref": f"#/components/schemas/{one}"} for one in "PQ"]}}
    plain = {"kind": {"const": "p"}, "text": {"type": "string", "maxLength": 5}}
    nested = {"kind": {"const": "q"}, "inner": {"$ref": "#/components/schemas/Thing"}}
    return {
        "Base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        "P": {"type": "object", "properties": plain, "required": ["kind"]},
        "Q": {"type": "object", "properties": nested, "required": ["kind"]},
        "Thing": {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"type": "object", "properties": {"lines": lines}},
            ]
        },
    }


def test_a_proof_shows_the_edit_it_stands_by_and_no_other() -> None:
    before = contract({"/things": taking({"$ref": "#/components/schemas/Thing"})}, thing())
    after = copy.deepcopy(before)
    after["components"]["schemas"]["P"]["properties"]["text"]["maxLength"] = 4
    after["components"]["schemas"]["Base"]["properties"]["id"] = {"type": "integer"}

    found = {one.rule: one for one in compare(before, after).findings if one.level == "breaking"}

    shown = found["request-length-narrowed"].witness
    other = found["request-type-narrowed"].witness
    assert shown is not None
    assert other is not None
    assert [len(line["text"]) for line in shown.value["lines"]] == [5]
    assert shown.error == "'aaaaa' is too long"
    assert set(other.value) == {"id"}


def alternatives(second: Any, third: Any) -> dict[str, Any]:
    numbered = {"n": {"type": "number", "multipleOf": 2}, "t": {"type": "string", "pattern": "b$"}}
    texts = [{"type": "string", "pattern": "^a"}, second, {"type": ["string", "null"]}]
    return {
        "oneOf": [
            {"type": "object", "properties": numbered, "required": ["n", "m"]},
            {"oneOf": texts},
            {"type": third, "properties": {}, "required": ["a"], "additionalProperties": False},
        ]
    }


def judged(*paths: str) -> Report:
    """Two edits, either of which alone takes away a value that the other gives back."""
    shared = {"$ref": "#/components/schemas/S"}
    held = {
        "/plain": answering(shared),
        "/within": answering({"type": "object", "properties": {"z": shared}, "required": ["z"]}),
    }
    sides = (
        alternatives({"type": "boolean"}, "object"),
        alternatives({"type": ["string", "integer"]}, ["string", "integer"]),
    )
    one, two = (contract({path: held[path] for path in paths}, {"S": side}) for side in sides)
    return compare(one, two)


def test_the_order_of_paths_changes_neither_rule_nor_fingerprint() -> None:
    forward, backward = judged("/plain", "/within"), judged("/within", "/plain")

    told = [(one.rule, one.fingerprint, one.before) for one in forward.findings]
    assert told == [(one.rule, one.fingerprint, one.before) for one in backward.findings]
    assert told[0][0] == "response-type-widened"
