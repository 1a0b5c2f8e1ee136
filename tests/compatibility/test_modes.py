"""The mode goes through the whole comparison: contracts are judged as the schemas are that they hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compatibility import Policy, compare
from compatibility.config import Mode

CASES = Path(__file__).parent / "cases/hardcases_schema.jsonl"
ROWS = [json.loads(line) for line in CASES.read_text().splitlines()]
MODES: tuple[tuple[Mode, str], ...] = (("strict", "compatible"), ("declared", "declared_only_compatible"))
# What contracts promise beyond which values are valid: members that are read, and what a text's bytes are.
POLICY = Policy(response_member_removed="info")
BEYOND_VALIDITY = {"content-encoding-changed"}


def placed(schema: Any) -> Any:
    """The schema as a component, its local references led there."""
    if isinstance(schema, list):
        return [placed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for word, value in schema.items():
        local = word == "$ref" and isinstance(value, str) and (value == "#" or value.startswith("#/"))
        found[word] = "#/components/schemas/S" + value[1:] if local else placed(value)
    return found


def contract(schema: Any, where: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}
    answer: dict[str, Any] = {"description": "ok"}
    operation: dict[str, Any] = {"requestBody": {}, "responses": {"200": answer}}
    (operation["requestBody"] if where == "request" else answer)["content"] = content
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}},
        "components": {"schemas": {"S": placed(schema)}},
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
@pytest.mark.parametrize(("mode", "expected"), MODES)
@pytest.mark.parametrize("where", ["request", "response"])
def test_a_contract_is_judged_as_its_schema_is(
    row: dict[str, Any], mode: Mode, expected: str, where: str
) -> None:
    sides = (row["old"], row["new"]) if where == "request" else (row["new"], row["old"])

    report = compare(*(contract(side, where) for side in sides), mode=mode, policy=POLICY)

    assert report.mode == mode
    breaking = {one.rule for one in report.findings if one.level == "breaking"} - {"version-bump-too-small"}
    assert not breaking - BEYOND_VALIDITY if row["expect"][expected] else breaking - BEYOND_VALIDITY, breaking
    assert report.verdict != "unknown"
