"""What the second validator cannot say is said to be unknown: it neither crashes nor runs on."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare, compare_schemas
from compatibility.containment.confirm import SecondOpinion

DOUBLING = 60


def doubled(leaf: dict[str, Any], *, members: bool = False) -> dict[str, Any]:
    """A schema of few words that unfolds to 2**60 leaves."""
    definitions: dict[str, Any] = {f"d{DOUBLING}": leaf}
    for step in range(DOUBLING):
        following = {"$ref": f"#/$defs/d{step + 1}"}
        definitions[f"d{step}"] = (
            {"type": "object", "properties": {"a": following, "b": following}}
            if members
            else {"allOf": [following, following]}
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "#/$defs/d0",
        "$defs": definitions,
    }


SCHEMAS = {
    "strings": doubled({"type": "string"}),
    "integers": doubled({"type": "integer"}),
    "members": doubled({"type": "string"}, members=True),
}


@pytest.mark.parametrize(
    ("one", "other"), [("strings", "integers"), ("members", "strings"), ("strings", "members")]
)
def test_a_schema_that_unfolds_without_measure_ends(one: str, other: str) -> None:
    assert compare_schemas(SCHEMAS[one], SCHEMAS[other]).verdict != "compatible"

    report = compare(SCHEMAS[one], SCHEMAS[other])

    assert report.verdict != "compatible"
    told = [finding.witness for finding in report.findings if finding.witness is not None]
    assert all(witness.error for witness in told)


def test_the_reason_says_that_the_schema_unfolds() -> None:
    report = compare_schemas(SCHEMAS["strings"], SCHEMAS["integers"])

    assert report.verdict == "unknown"
    assert "unfolds" in report.reason


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"(?<n>a)\k<n>", r"\cA", "[^]"])
@pytest.mark.parametrize("both", [False, True])
def test_a_pattern_that_python_does_not_read_is_named(pattern: str, both: bool) -> None:
    before = {"type": "string", "pattern": pattern, "maxLength": 9} if both else {"type": "string"}
    after = {"type": "string", "pattern": pattern, "maxLength": 3} if both else {"type": "integer"}
    after["pattern"] = pattern

    report = compare_schemas(before, after)
    whole = compare({"type": "object", "properties": {"m": before}}, {"properties": {"m": after}})

    assert report.verdict in ("unknown", "breaking")
    assert whole.verdict in ("unknown", "breaking")
    if report.verdict == "unknown":
        assert report.reason


def test_the_unread_pattern_stands_in_the_reason() -> None:
    opinion = SecondOpinion()

    assert not opinion.confirms({"type": "string"}, {"pattern": r"^\p{L}+$"}, "1")
    assert r"\p{L}" in opinion.reason


def test_a_posix_class_is_read_without_a_warning() -> None:
    # Warnings are errors in the tests, so a warning of Python's `re` would fail this one.
    report = compare_schemas({"type": "string"}, {"type": "string", "pattern": "[[:alpha:]]"})

    assert report.verdict in ("breaking", "unknown")
    assert SecondOpinion().confirms({"type": "string"}, {"pattern": "[[:alpha:]]"}, "1")


def test_a_schema_that_only_leads_to_itself_proves_nothing() -> None:
    # Once taken for a rejection, so that any value was a witness.
    assert not SecondOpinion().confirms(True, {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, 1)
