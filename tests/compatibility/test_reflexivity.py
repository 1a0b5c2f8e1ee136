"""What only reads differently is the same: a contract and its rewording are compatible, without findings."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compatibility import compare, compare_schemas
from specs.files import documents_root, read_contract
from specs.load import load_contract
from specs.model import Contract

ROOT = documents_root()
CONTRACTS = sorted(ROOT.rglob("*.v*.yaml"))
LITERAL = ("enum", "const", "default", "example", "examples")
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs")


def reworded(value: Any, *, names: bool = False) -> Any:
    """Other descriptions, titles and member order; everything that restricts stays."""
    if isinstance(value, list):
        return [reworded(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name in reversed(list(value)):
        member = value[name]
        if not names and name in ("description", "title") and isinstance(member, str):
            found[name] = member + " Said better."
        elif not names and name in LITERAL:
            found[name] = member
        else:
            found[name] = reworded(member, names=name in NAMED and not names)
    return found


def rewritten(contract: Contract) -> Contract:
    texts = {uri: reworded(one.value) for uri, one in contract.documents.items()}
    entry = texts[contract.document.uri]
    if "info" in entry:
        entry["info"]["version"] = contract.version + "9"
    raw = {uri: json.dumps(value).encode() for uri, value in texts.items()}
    return load_contract(contract.document.uri, raw.pop(contract.document.uri), raw)


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.name)
def test_a_reworded_contract_is_compatible_without_findings_and_asks_for_a_patch(path: Path) -> None:
    before = read_contract(path, roots=[ROOT])

    report = compare(before, rewritten(before))

    assert (report.verdict, report.findings, report.not_judged) == ("compatible", (), ())
    assert report.bump_required == "patch"


def test_another_version_number_alone_asks_for_nothing() -> None:
    before = read_contract(ROOT / "system/erp-orders.v1.openapi.yaml", roots=[ROOT])
    value = copy.deepcopy(before.document.value)
    value["info"]["version"] = "1.9.0"
    others = {uri: one.raw for uri, one in before.documents.items() if uri != before.document.uri}

    report = compare(before, load_contract(before.document.uri, json.dumps(value).encode(), others))

    assert (report.verdict, report.bump_required) == ("compatible", "none")


LEAVES = st.sampled_from(
    [
        True,
        {"type": "string"},
        {"$ref": "#/$defs/T"},
        {"$dynamicRef": "#t"},
        {"const": 1},
        {"enum": [True, 1]},
    ]
)


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    one = (
        "additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties",
    )  # fmt: skip
    words: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(one, inner)
    words.update(
        dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), st.lists(inner, min_size=1, max_size=2))
    )
    named = st.dictionaries(st.sampled_from(["a", "description", "title"]), inner, max_size=2)
    words.update(dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), named))
    words.update(
        {
            "pattern": st.just("(?<=a)b"),
            "x-unknown": st.just({"description": "data"}),
            "contentEncoding": st.just("base64"),
            "description": st.just("Words."),
        }
    )
    return st.fixed_dictionaries({}, optional=words)


@given(st.recursive(LEAVES, grown, max_leaves=12), st.recursive(LEAVES, grown, max_leaves=4))
@settings(max_examples=150, deadline=None)
def test_a_schema_with_any_keyword_is_compatible_with_its_rewording(schema: Any, target: Any) -> None:
    held = {"not": target} if isinstance(target, bool) else target
    whole = {"allOf": [schema], "$defs": {"T": {**held, "$dynamicAnchor": "t"}}}

    assert compare_schemas(whole, reworded(whole), openness="strict").verdict == "compatible"
    assert compare_schemas(whole, reworded(whole), direction="produced").verdict == "compatible"


def test_what_is_equal_below_a_changed_place_is_seen_as_equal() -> None:
    odd = {"$ref": "#/$defs/U"}
    held = {
        "U": {
            "anyOf": [{"properties": {"a": True}}, {"if": {"required": ["a"]}}],
            "unevaluatedProperties": False,
        }
    }
    before = {"type": "object", "properties": {"odd": odd}, "required": ["odd", "b"], "$defs": held}
    after = {**before, "required": ["odd"], "$defs": reworded(held)}

    assert compare_schemas(before, after, openness="strict").verdict == "compatible"


def test_two_dynamic_references_to_different_anchors_are_not_the_same() -> None:
    anchored = {
        "s": {"$dynamicAnchor": "s", "type": "string"},
        "n": {"$dynamicAnchor": "n", "type": "number"},
    }
    before, after = ({"$dynamicRef": name, "$defs": anchored} for name in ("#s", "#n"))

    assert compare_schemas(before, after, openness="strict").verdict == "breaking"
