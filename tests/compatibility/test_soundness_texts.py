"""What is called compatible of a parameter is checked against every text of a small world."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compatibility import compare
from compatibility.containment.confirm import SecondOpinion
from compatibility.text_forms import TextForm, readings

PLAIN = [None, True, False, -1, 0, 1, 2, 10, 1.5, "", "a", "ab", "0", "1", "-1", "10", "1.5", "true", "null"]
WORLD: list[Any] = [
    *PLAIN,
    *([one] for one in PLAIN),
    *([one, two] for one in PLAIN[1:] for two in (1, "a", "1")),
    *({"m": one} for one in PLAIN),
    *({"m": one, "k": two} for one in PLAIN[1:] for two in (1, "a")),
]
KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])
SIMPLE: list[dict[str, Any]] = [
    {"type": "string", "pattern": "^[0-9]+$"},
    {"type": "string", "pattern": "^-?[0-9]*$"},
    {"type": "string", "minLength": 1, "maxLength": 2},
    {"type": "integer", "minimum": 0},
    {"type": "integer", "minimum": 0, "maximum": 2},
    {"type": "integer", "multipleOf": 2},
    {"type": "number", "minimum": 0},
    {"type": "number", "exclusiveMaximum": 2},
    {"enum": [1, 2]},
    {"enum": ["1", "a", None]},
    {"const": True},
    {"minimum": 1},
    {},
]
LEAVES = st.one_of(
    st.sampled_from(SIMPLE),
    KINDS.map(lambda kind: {"type": kind}),
    st.lists(KINDS, min_size=2, max_size=2, unique=True).map(lambda kinds: {"type": kinds}),
)


def grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(inner, min_size=2, max_size=2)
    words = st.sampled_from(["anyOf", "oneOf", "allOf"])
    return st.one_of(
        st.tuples(words, pairs).map(lambda made: {made[0]: made[1]}),
        st.tuples(inner, st.integers(0, 2)).map(
            lambda made: {"type": "array", "items": made[0], "minItems": made[1]}
        ),
        st.tuples(inner, st.lists(st.sampled_from(["m", "k"]), unique=True)).map(
            lambda made: {"type": "object", "properties": {"m": made[0], "k": {}}, "required": made[1]}
        ),
    )


SCHEMAS = st.recursive(LEAVES, grown, max_leaves=3)


def contract(schema: dict[str, Any]) -> dict[str, Any]:
    parameter = {"name": "q", "in": "query", "style": "deepObject", "explode": True, "schema": schema}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"get": operation}},
    }


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=SCHEMAS, after=SCHEMAS)
def test_no_text_that_was_fine_is_refused_where_the_verdict_is_compatible(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    verdict = compare(contract(before), contract(after), mode="strict").verdict
    opinion, form = SecondOpinion(), TextForm()

    refused = [
        value
        for value in WORLD
        if opinion.accepts(before, value)
        and (read := readings(value, form))
        and not any(opinion.accepts(after, one) for one in read)
    ]

    assert verdict != "compatible" or refused == []
