"""Every document is valid by the standard it is written in, and its references lead somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from specs.model import Contract
from specs.validity import validity_problems

EVENTS = "events/commercial-events.v1.asyncapi.yaml"


def test_every_api_document_is_valid_openapi(openapi_path: Path, documents: Any) -> None:
    validator = OpenAPIV31SpecValidator(
        documents.values[documents.name(openapi_path)], base_uri=openapi_path.as_uri()
    )

    assert [str(error) for error in validator.iter_errors()] == []


def test_the_event_document_is_valid_asyncapi(documents: Any) -> None:
    schema = json.loads((files("specs") / "meta" / "asyncapi" / "3.0.0.json").read_text("utf-8"))

    assert [error.message for error in Draft7Validator(schema).iter_errors(documents.values[EVENTS])] == []


def test_every_canonical_schema_is_a_valid_schema(schema_path: Path, documents: Any) -> None:
    Draft202012Validator.check_schema(documents.values[documents.name(schema_path)])


def test_every_canonical_schema_is_named_by_its_file(schema_path: Path, documents: Any) -> None:
    schema = documents.values[documents.name(schema_path)]

    assert schema["$id"] == f"https://pactolus.dev/schemas/canonical/{schema_path.name}"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"]
    assert schema["description"]


def test_every_reference_leads_to_a_place_in_the_documents(document_path: Path, documents: Any) -> None:
    name = documents.name(document_path)

    for reference in references(documents.values[name]):
        documents.lookup(f"https://documents.test/{name}", reference)


def test_every_contract_is_valid_for_the_model(
    contract_path: Path, documents: Any, contract: Callable[[str], Contract]
) -> None:
    read = contract(documents.name(contract_path))

    found = validity_problems(read)

    assert [f"{problem.code} {problem.uri}#{problem.pointer}: {problem.message}" for problem in found] == []


def test_every_canonical_schema_loads_by_path_and_by_id(
    schema_path: Path, documents: Any, contract: Callable[[str], Contract]
) -> None:
    read = contract(documents.name(schema_path))

    for reference in references(documents.values[documents.name(schema_path)]):
        target = reference.partition("#")[0]
        if target:
            assert f"canonical/{target}" in read.documents


def test_no_document_refers_to_the_network(document_path: Path, documents: Any) -> None:
    name = documents.name(document_path)

    assert [r for r in references(documents.values[name]) if "://" in r] == []


def test_the_shared_components_are_a_library_and_not_a_contract(contract: Callable[[str], Contract]) -> None:
    read = contract("canonical/http.v1.components.yaml")

    assert "paths" not in read.document.value
    assert "x-pactolus" not in read.document.value


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
