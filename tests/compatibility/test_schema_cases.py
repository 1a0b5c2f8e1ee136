"""The schema hard cases: every decided row right, every witness confirmed by the second validator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from compatibility import compare_schemas

CASES = Path(__file__).parent / "cases/hardcases_schema.jsonl"
ROWS = [json.loads(line) for line in CASES.read_text().splitlines()]


def accepts(schema: Any, value: Any) -> bool:
    return bool(Draft202012Validator(schema, registry=Registry()).is_valid(value))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
@pytest.mark.parametrize("openness", ["strict", "declared"])
def test_each_schema_case_is_judged_right(row: dict[str, Any], openness: str) -> None:
    expected = row["expect"]["compatible" if openness == "strict" else "declared_only_compatible"]

    report = compare_schemas(row["old"], row["new"], openness=openness)

    assert report.verdict == ("compatible" if expected else "breaking")
    if report.witness is not None:
        assert accepts(row["old"], report.witness.value)
        assert not accepts(row["new"], report.witness.value)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_produced_is_consumed_with_the_sides_swapped(row: dict[str, Any]) -> None:
    consumed = compare_schemas(row["old"], row["new"], openness="strict")
    produced = compare_schemas(row["new"], row["old"], openness="strict", direction="produced")

    assert produced.verdict == consumed.verdict


def test_a_spent_budget_is_said_and_never_guessed() -> None:
    from compatibility import Budget

    schema = {
        "$ref": "#/$defs/T",
        "$defs": {"T": {"properties": {"n": {"$ref": "#/$defs/T"}, "v": {"type": "number"}}}},
    }
    other = json.loads(json.dumps(schema).replace("number", "integer"))

    report = compare_schemas(schema, other, budget=Budget(goals_max=1))

    assert report.verdict == "unknown"
    assert "budget" in report.reason
