"""What a canonical schema says about itself, and what is missing when it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specs.errors import SpecError
from specs.governance import governance_of, governance_problems, schema_id
from specs.load import load_contract
from specs.model import Contract

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://pactolus.dev/schemas/canonical/money.v1.schema.yaml",
    "title": "Money",
    "x-pactolus": {"name": "money", "owner": "data-team", "domain": "canonical", "version": "1.2.0"},
}


def contract(**changes: Any) -> Contract:
    """The schema with members changed, or taken out where they are None."""
    value = {name: member for name, member in {**SCHEMA, **changes}.items() if member is not None}
    return load_contract("money.json", json.dumps(value).encode(), {})


def test_a_canonical_schema_is_governed_by_itself() -> None:
    found = governance_of(contract())

    assert (found.name, found.owner, found.version, found.major) == ("money", "data-team", "1.2.0", 1)
    assert (found.layer, found.api_id, found.audience) == ("canonical", "schema:money", "company-internal")
    assert contract().version == "1.2.0"
    assert schema_id(contract()) == SCHEMA["$id"]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"x-pactolus": None}, ["governance.kind_unsupported"]),
        ({"$id": None}, ["governance.schema_id_required"]),
        ({"$id": "money.json"}, ["governance.schema_id_required"]),
        ({"x-sunset": "soon"}, ["governance.sunset_malformed"]),
        ({"x-pactolus": {**SCHEMA["x-pactolus"], "version": "1"}}, ["governance.version_not_semantic"]),
        ({"x-pactolus": {**SCHEMA["x-pactolus"], "layer": "system"}}, ["governance.extension_invalid"]),
    ],
)
def test_what_keeps_a_schema_from_being_published_is_told(changes: dict[str, Any], codes: list[str]) -> None:
    problems = governance_problems(contract(**changes))

    assert [problem.code for problem in problems] == codes
    with pytest.raises(SpecError):
        governance_of(contract(**changes))
