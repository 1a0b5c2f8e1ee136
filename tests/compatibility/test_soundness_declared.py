"""The declared openness: a witness is a value that writers send, and a proof holds for all that they send."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility import compare_schemas
from tests.bench.containment_grower import Grower
from tests.bench.containment_oracle import Oracle
from tests.bench.declared_oracle import Writer
from tests.bench.fuzz_containment import Tally, judge, setting

TAGGED = {"type": "object", "required": ["k"], "properties": {"k": {"const": 1}, "a": {"type": "integer"}}}
A = {"required": ["a"], "properties": {"a": {"type": "integer"}}}
B = {"required": ["b"], "properties": {"b": {"type": "integer"}}}


def sent(schema: Any, value: Any, dialect: str = "2020-12") -> bool:
    return Writer(Oracle(schema, dialect)).sends(value)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        # Writers follow both branches at once; once each was considered alone, and this was compatible.
        ({"type": "object", "anyOf": [A, B]}, {"not": {"required": ["a", "b"]}}, "breaking"),
        ({"type": "object", "oneOf": [A, B]}, {"not": {"required": ["a", "b"]}}, "compatible"),
        # What one branch declares is not declared for the other.
        (
            {"anyOf": [TAGGED, {"type": "object", "required": ["b"], "properties": {"b": True, "k": False}}]},
            {"anyOf": [{"required": ["b"]}, {"properties": {"b": False}}]},
            "compatible",
        ),
        # The branches of `items` of both alternatives describe one item.
        (
            {
                "type": "array",
                "minItems": 1,
                "items": {"type": "object"},
                "anyOf": [{"items": A}, {"items": B}],
            },
            {"items": {"maxProperties": 1}},
            "breaking",
        ),
        # `then` declares more members of the same member.
        (
            {
                "type": "object",
                "properties": {"x": {"type": "object", "properties": {"p": True}}},
                "if": {"required": ["x"]},
                "then": {"properties": {"x": {"properties": {"q": {"type": "integer"}}}}},
            },
            {"properties": {"x": {"properties": {"p": True}, "additionalProperties": False}}},
            "breaking",
        ),
        # A value that is listed whole is sent as it is.
        (
            {"enum": [{"zz": 1}], "properties": {"a": True}},
            {"properties": {"zz": {"type": "string"}}},
            "breaking",
        ),
    ],
)
def test_what_writers_send_decides(before: Any, after: Any, verdict: str) -> None:
    report = compare_schemas(before, after, openness="declared")

    assert report.verdict == verdict
    if report.witness is not None:
        assert sent(before, report.witness.value)


@pytest.mark.parametrize(
    ("source", "target", "dialect"),
    [
        (
            {"dependencies": {"a": {"dependencies": {"b": {"additionalProperties": {"enum": [1]}}}}}},
            {"dependencies": {"a": {"dependencies": {"c": {"type": "array"}}}}},
            "draft-07",
        ),
        (
            {"items": {"dependentSchemas": {"c": {"required": ["a"]}}}},
            {"items": {"dependentSchemas": {"a": {"additionalProperties": {"const": "ab"}}}}},
            "2020-12",
        ),
    ],
)  # fmt: skip
def test_a_witness_is_not_shrunk_to_what_nobody_sends(source: Any, target: Any, dialect: str) -> None:
    # Once the member that made the others declared was dropped.
    report = compare_schemas(source, target, dialect=dialect, openness="declared")

    assert report.witness is not None
    assert sent(source, report.witness.value, dialect)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_grown_pairs_of_every_dialect_are_judged_right(seed: int) -> None:
    grower, tally = Grower(seed), Tally()

    for number in range(150):
        pair = grower.pair()
        judge(pair, setting(number, pair), number, tally, "wrong")

    assert tally.wrong == 0
    assert tally.hard["unknown"] <= 0.05 * sum(tally.hard.values())
