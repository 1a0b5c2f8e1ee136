"""The canonical form of a schema accepts what the schema accepts: judged by each dialect's own validator."""

from __future__ import annotations

import os
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from specs.load import contract_from_value
from specs.schema import self_contained

NAMES = ["a", "b", "$ref", "example"]
DRAFTS: dict[str, tuple[str, Any]] = {
    "04": ("http://json-schema.org/draft-04/schema#", jsonschema.Draft4Validator),
    "06": ("http://json-schema.org/draft-06/schema#", jsonschema.Draft6Validator),
    "07": ("http://json-schema.org/draft-07/schema#", jsonschema.Draft7Validator),
    "2019": ("https://json-schema.org/draft/2019-09/schema", jsonschema.Draft201909Validator),
    "2020": ("https://json-schema.org/draft/2020-12/schema", jsonschema.Draft202012Validator),
}

# No float with an integral value: in draft-04 1.0 is no integer, which no later draft can say.
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.sampled_from([0.5, 1.5, -2.5]),
    st.sampled_from(["", "a", "ab", "abc", "b"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def sometimes(draw: Any, chance: int = 4) -> bool:
    return draw(st.integers(0, chance)) == 0


@st.composite
def schemas(draw: Any, dialect: str, depth: int = 2, guarded: bool = False, refs: str = "") -> Any:
    """Recursion only through properties and items, so that every validation ends."""
    if dialect not in ("04", "30") and draw(st.integers(0, 12)) == 0:
        return draw(st.booleans())
    schema: dict[str, Any] = {}

    def below(inside: bool) -> Any:
        return draw(schemas(dialect, depth - 1, inside, refs))

    if refs and sometimes(draw, 3):
        schema["$ref"] = refs + (draw(st.sampled_from(["A", "B", "Leaf"])) if guarded else "Leaf")
        if dialect == "30":
            return schema  # the second oracle reads siblings of $ref, which OpenAPI 3.0 says to ignore
    if sometimes(draw, 2):
        schema["type"] = draw(st.sampled_from(TYPES[1:] if dialect == "30" else TYPES))
        if dialect == "30" and sometimes(draw, 1):
            schema["nullable"] = draw(st.booleans())
    elif dialect != "30" and sometimes(draw):
        schema["type"] = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True))
    if sometimes(draw):
        schema["enum"] = draw(st.lists(scalars, min_size=1, max_size=3))
    _bounds(draw, schema, dialect)
    if dialect not in ("04", "30") and sometimes(draw, 8):
        schema["const"] = draw(scalars)
    if depth > 0:
        _composites(draw, schema, dialect, below)
    return schema


def _bounds(draw: Any, schema: dict[str, Any], dialect: str) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if sometimes(draw):
            schema[bound] = draw(st.integers(-2, 4))
        if sometimes(draw):
            schema[exclusive] = draw(st.booleans() if dialect in ("04", "30") else st.integers(-2, 4))
    for keyword in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"):
        if sometimes(draw, 9):
            schema[keyword] = draw(st.integers(0, 2))
    if sometimes(draw, 9):
        schema["uniqueItems"] = draw(st.booleans())
    if sometimes(draw, 6):
        schema["required"] = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True))


def _composites(draw: Any, schema: dict[str, Any], dialect: str, below: Any) -> None:
    if sometimes(draw, 2):
        schema["properties"] = {
            name: below(True) for name in draw(st.sets(st.sampled_from(NAMES), max_size=2))
        }
    if sometimes(draw):
        schema["additionalProperties"] = draw(st.booleans()) if sometimes(draw, 1) else below(True)
    for keyword in ("allOf", "anyOf", "oneOf"):
        if sometimes(draw, 5):
            schema[keyword] = [below(False) for _ in range(draw(st.integers(1, 2)))]
    if sometimes(draw, 6):
        schema["not"] = below(False)
    if sometimes(draw, 3):
        schema["items"] = below(True)
    if dialect == "30":
        return
    if sometimes(draw, 4):
        schema["prefixItems" if dialect == "2020" else "items"] = [below(True)]
        if dialect != "2020" and sometimes(draw, 1):
            schema["additionalItems"] = below(True) if dialect == "04" else draw(st.booleans())
    if dialect in ("04", "06", "07") and sometimes(draw, 4):
        schema["dependencies"] = {"a": draw(st.sampled_from([["b"], ["b", "example"]])), "b": below(False)}
    if dialect != "04" and sometimes(draw, 4):
        schema["propertyNames"] = {"maxLength": draw(st.integers(1, 6))}
    if dialect != "04" and sometimes(draw, 4):
        schema["contains"] = below(True)
    if dialect in ("07", "2019", "2020") and sometimes(draw, 4):
        schema["if"], schema["then"], schema["else"] = below(False), below(False), below(False)
    if dialect in ("2019", "2020") and sometimes(draw, 4):
        schema["dependentRequired"] = {"a": ["b"]}
        schema["unevaluatedProperties"] = draw(st.booleans())


def assert_same_verdict(canonical: Any, own: Any, instances: list[Any]) -> None:
    pure = jsonschema.Draft202012Validator(canonical)
    rust = jsonschema_rs.Draft202012Validator(canonical)
    for instance in instances:
        expected = own.is_valid(instance)
        assert pure.is_valid(instance) == expected, (canonical, instance)
        assert rust.is_valid(instance) == expected, (canonical, instance)


relaxed = settings(
    max_examples=int(os.environ.get("SCHEMA_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("draft", sorted(DRAFTS))
@given(data=st.data())
@relaxed
def test_the_canonical_form_accepts_what_the_draft_accepts(draft: str, data: Any) -> None:
    uri, own = DRAFTS[draft]
    holder = "$defs" if draft in ("2019", "2020") else "definitions"
    refs = f"#/{holder}/"
    schema = data.draw(schemas(draft, 2, False, refs))
    if isinstance(schema, bool):
        schema = {"allOf": [schema]}
    if "$ref" in schema and holder == "definitions":
        schema = {"allOf": [schema]}
    schema = {
        "$schema": uri,
        **schema,
        holder: {
            "A": data.draw(schemas(draft, 1, False, refs)),
            "B": data.draw(schemas(draft, 1, False, refs)),
            "Leaf": data.draw(schemas(draft, 0)),
        },
    }
    contract = contract_from_value(schema)

    canonical = self_contained(contract.root)

    assert_same_verdict(canonical, own(schema), data.draw(st.lists(values, min_size=3, max_size=6)))


@given(data=st.data())
@relaxed
def test_the_canonical_form_accepts_what_openapi_30_accepts(data: Any) -> None:
    refs = "#/components/schemas/"
    named = {
        "Root": data.draw(schemas("30", 2, False, refs)),
        "A": data.draw(schemas("30", 1, False, refs)),
        "B": data.draw(schemas("30", 1, False, refs)),
        "Leaf": data.draw(schemas("30", 0)),
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": named},
    }
    contract = contract_from_value(document)

    canonical = self_contained(contract.node("/components/schemas/Root"))

    own = OAS30Validator({"$ref": "#/components/schemas/Root", "components": {"schemas": named}})
    assert_same_verdict(canonical, own, data.draw(st.lists(values, min_size=3, max_size=6)))
