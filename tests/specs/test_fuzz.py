"""Whatever the bytes: a document, or a SpecError with problems, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.asyncapi import event_operations
from specs.bundle import bundled_document
from specs.config import Limits
from specs.errors import SpecError
from specs.governance import governance_of
from specs.lint import lint
from specs.load import contract_from_value, load_contract, load_document
from specs.model import Problem
from specs.openapi import operations, server_base_path
from specs.schema import self_contained
from specs.validity import validity_problems

names = st.sampled_from(["a", "a.json", "a.yaml", "b/c.yml", "https://example.com/x"])
SMALL = Limits(document_bytes_max=2_000, depth_max=12, nodes_max=200, problems_max=5)
LINES = [
    "openapi: 3.1.0\n",
    "$ref: '#/a'",
    "$id: x",
    "$anchor: y",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "\n",
    "\n  ",
]
SIGNS = [
    "a: ",
    "- ",
    "&x ",
    "*x",
    "<<: ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "? ",
    "'",
    '"',
    "|\n",
    ">\n",
    "!!str ",
    "!t ",
]
ODD = [
    "#",
    "\t",
    "\x00",
    "\ufeff",
    "é",
    "\U0001f600",
    "\u2028",
    "1e999",
    ".inf",
    "NaN",
    "true",
    "\\ud800",
    ",",
    "0x",
]
fragments = st.sampled_from(LINES + SIGNS + ODD)


@given(raw=st.binary(max_size=300), name=names)
def test_any_bytes_are_read_or_refused(raw: bytes, name: str) -> None:
    try:
        document = load_document(raw, name)
    except SpecError as error:
        told = [problem.message and problem.fix for problem in error.problems]
    else:
        told = [document.canonical_sha256]

    assert told
    assert all(told)


@given(parts=st.lists(fragments, max_size=30), name=names)
@settings(max_examples=500)
def test_any_mixture_of_syntax_is_read_or_refused_within_small_limits(parts: list[str], name: str) -> None:
    try:
        contract = load_contract(name, "".join(parts).encode("utf-8", "surrogatepass"), {}, SMALL)
    except SpecError as error:
        assert 0 < len(error.problems) <= SMALL.problems_max + 1  # noqa: PT017 - one of two good ends
    else:
        assert contract.bundle_sha256


KEYS = [
    "paths",
    "/a",
    "get",
    "parameters",
    "responses",
    "200",
    "content",
    "application/json",
    "schema",
    "$ref",
    "properties",
    "items",
    "allOf",
    "type",
    "info",
    "title",
    "version",
    "components",
    "schemas",
    "A",
    "examples",
    "example",
    "value",
    "headers",
    "requestBody",
    "security",
    "channels",
    "operations",
    "messages",
    "message",
    "publish",
    "payload",
    "action",
    "channel",
    "traits",
    "x-pactolus",
    "owner",
    "servers",
    "url",
    "$id",
    "$anchor",
    "$schema",
    "enum",
    "default",
    "nullable",
    "exclusiveMaximum",
    "dependencies",
    "$defs",
    "schemaFormat",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "operationId",
    "in",
    "name",
    "tags",
    "reply",
    "oneOf",
]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.sampled_from(
        ["", "#", "#/components/schemas/A", "#/paths", "#a", "object", "send", "path", "a", "1.0.0"]
    ),
)
shapes = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, min_size=1, max_size=5)
    ),
    max_leaves=40,
)
kinds = st.sampled_from(
    [{"openapi": "3.0.3"}, {"openapi": "3.1.0"}, {"asyncapi": "2.6.0"}, {"asyncapi": "3.0.0"}, {}]
)


@given(kind=kinds, members=st.dictionaries(st.sampled_from(KEYS), shapes, max_size=6))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_of_any_shape_can_be_asked_anything(kind: dict[str, str], members: dict[str, Any]) -> None:
    document = {"A": {}, **members, **kind}
    questions = (
        operations,
        server_base_path,
        event_operations,
        governance_of,
        lint,
        validity_problems,
        bundled_document,
        lambda contract: [self_contained(node) for _, node in contract.root.items()],
    )
    try:
        contract = contract_from_value(document)
    except SpecError:
        return
    told: list[Problem] = []
    for question in questions:
        try:
            question(contract)  # type: ignore[operator]
        except SpecError as error:
            told.extend(error.problems)
    assert all(problem.fix for problem in told)
