"""Governance: a contract says who answers for it, or is refused with everything that is missing."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from specs.errors import SpecError
from specs.files import documents_root, meta_text, read_contract
from specs.governance import governance_of
from specs.load import contract_from_value
from specs.model import Kind


def document(**changes: Any) -> dict[str, Any]:
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1.2.3", "x-audience": "company-internal"},
        "x-api-id": "8f1d4f0c-3f5e-4c1e-9a53-6b2f7c0d9e11",
        "x-pactolus": {"name": "crm-quote", "owner": "crm-team", "layer": "system", "domain": "commercial"},
        "paths": {},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def extension(**changes: Any) -> dict[str, Any]:
    whole = {**document()["x-pactolus"], **changes}
    return {"x-pactolus": {name: value for name, value in whole.items() if value is not None}}


def test_a_governed_contract_is_read() -> None:
    found = governance_of(contract_from_value(document(**{"x-sunset": "2027-06-30"})))

    assert (found.name, found.owner, found.layer, found.domain) == (
        "crm-quote",
        "crm-team",
        "system",
        "commercial",
    )
    assert (found.version, found.major, found.sunset, found.kind) == ("1.2.3", 1, "2027-06-30", Kind.OPENAPI)
    assert found.throttling_class == "T2"
    assert found.api_id == "8f1d4f0c-3f5e-4c1e-9a53-6b2f7c0d9e11"


INFO = {"title": "t", "version": "1.2.3", "x-audience": "company-internal"}
REFUSED = [
    ({"x-pactolus": None}, "governance.owner_required", ""),
    (extension(owner=None), "governance.owner_required", "/x-pactolus"),
    (extension(owner=""), "governance.extension_invalid", "/x-pactolus/owner"),
    (extension(name="Crm Quote"), "governance.extension_invalid", "/x-pactolus/name"),
    (extension(layer="middle"), "governance.extension_invalid", "/x-pactolus/layer"),
    (extension(domain=None), "governance.extension_invalid", "/x-pactolus"),
    (extension(throttling="T9"), "governance.extension_invalid", "/x-pactolus/throttling"),
    (extension(typo=1), "governance.extension_invalid", "/x-pactolus"),
    ({"x-pactolus": "crm-team"}, "governance.extension_invalid", "/x-pactolus"),
    ({"x-api-id": None}, "governance.api_id_required", ""),
    ({"x-api-id": "A B"}, "governance.api_id_malformed", "/x-api-id"),
    ({"x-api-id": 5}, "governance.api_id_malformed", "/x-api-id"),
    ({"info": {**INFO, "version": "1.2"}}, "governance.version_not_semantic", "/info/version"),
    ({"info": {**INFO, "version": 1.2}}, "governance.version_not_semantic", "/info/version"),
    ({"info": {"version": "1.2.3"}}, "governance.audience_required", "/info"),
    ({"info": {**INFO, "x-audience": "everyone"}}, "governance.audience_unknown", "/info/x-audience"),
    ({"info": {**INFO, "x-audience": []}}, "governance.audience_unknown", "/info/x-audience"),
    ({"x-sunset": "2027-02-30"}, "governance.sunset_malformed", "/x-sunset"),
    ({"x-sunset": "next year"}, "governance.sunset_malformed", "/x-sunset"),
    (
        {"paths": {"/a": {"get": {"x-pactolus": {"idempotency": "maybe"}}}}},
        "governance.extension_invalid",
        "/paths/~1a/get/x-pactolus/idempotency",
    ),
    (
        {"paths": {"/a": {"get": {"x-pactolus": {"owner": "crm-team"}}}}},
        "governance.extension_invalid",
        "/paths/~1a/get/x-pactolus",
    ),
    (
        {"paths": {"/a": {"get": {"x-sunset": 2027}}}},
        "governance.sunset_malformed",
        "/paths/~1a/get/x-sunset",
    ),
]


@pytest.mark.parametrize(("changes", "code", "pointer"), REFUSED)
def test_what_is_missing_or_wrong_is_told_where_it_belongs(changes: Any, code: str, pointer: str) -> None:
    with pytest.raises(SpecError) as refusal:
        governance_of(contract_from_value(document(**changes)))

    assert [(problem.code, problem.pointer) for problem in refusal.value.problems] == [(code, pointer)]
    assert refusal.value.problems[0].fix


def test_everything_missing_is_told_at_once() -> None:
    with pytest.raises(SpecError) as refusal:
        governance_of(contract_from_value({"openapi": "3.1.0"}))

    assert [problem.code for problem in refusal.value.problems] == [
        "governance.owner_required",
        "governance.version_not_semantic",
        "governance.audience_required",
        "governance.api_id_required",
    ]


def test_a_json_schema_cannot_be_governed() -> None:
    with pytest.raises(SpecError) as refusal:
        governance_of(contract_from_value({"type": "object"}))

    assert refusal.value.code == "governance.kind_unsupported"


def test_events_are_governed_too() -> None:
    path = documents_root() / "events" / "commercial-events.v1.asyncapi.yaml"

    found = governance_of(read_contract(path, [documents_root()]))

    assert (found.name, found.layer, found.kind) == ("commercial-events", "events", Kind.ASYNCAPI)


def test_the_operations_of_asyncapi_are_looked_at() -> None:
    changes = {"openapi": None, "asyncapi": "3.0.0", "operations": {"o": {"x-pactolus": {"x": 1}}}}

    with pytest.raises(SpecError) as refusal:
        governance_of(contract_from_value(document(**changes)))

    assert refusal.value.problems[0].pointer == "/operations/o/x-pactolus"


def test_the_extensions_schema_is_a_schema() -> None:
    import json

    jsonschema.Draft202012Validator.check_schema(json.loads(meta_text("x-pactolus.schema.json")))


def test_the_name_in_a_packaged_contract_is_its_files() -> None:
    for path in documents_root().rglob("*api.yaml"):
        found = governance_of(read_contract(path, [documents_root()]))

        assert path.name.startswith(f"{found.name}.v{found.major}.")
        assert path.parent.name == found.layer
