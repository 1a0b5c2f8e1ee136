"""What a contract is told to be: a document of none of the three kinds is refused, a part of one is not."""

from __future__ import annotations

from typing import Any

import pytest

from specs.errors import SpecError
from specs.kinds import Kind
from specs.load import contract_from_value, load_contract

POD = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n"


@pytest.mark.parametrize("raw", [POD, b"foo: bar\n", b'{"swag": "2.0", "x": 1}'])
def test_an_object_without_a_keyword_is_no_contract(raw: bytes) -> None:
    with pytest.raises(SpecError) as refused:
        load_contract("a.yaml", raw)

    assert [problem.code for problem in refused.value.problems] == ["document.kind_unknown"]
    assert refused.value.problems[0].position is not None


@pytest.mark.parametrize(
    ("written", "meant"), [("opnapi", "openapi"), ("OpenAPI", "openapi"), ("asynapi", "asyncapi")]
)
def test_a_misspelled_member_is_named(written: str, meant: str) -> None:
    with pytest.raises(SpecError) as refused:
        load_contract("a.yaml", f"info: {{}}\n{written}: 3.1.0\npaths: {{}}\n".encode())

    problem = refused.value.problems[0]
    assert (problem.code, problem.pointer) == ("document.kind_unknown", f"/{written}")
    assert problem.position is not None
    assert problem.position.line == 2
    assert written in problem.fix
    assert meant in problem.fix


def test_a_document_of_two_kinds_is_refused() -> None:
    with pytest.raises(SpecError) as refused:
        contract_from_value({"openapi": "3.1.0", "asyncapi": "3.0.0", "info": {}})

    assert refused.value.code == "document.kind_unknown"
    assert "two kinds" in refused.value.problems[0].message


@pytest.mark.parametrize(
    "value",
    [
        {},
        True,
        False,
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"minLength": 1},
        {"$ref": "#"},
    ],
)
def test_schemas_are_contracts(value: Any) -> None:
    if value != {"$ref": "#"}:
        assert contract_from_value(value).kind is Kind.JSON_SCHEMA
        return
    with pytest.raises(SpecError) as refused:
        contract_from_value(value)
    assert refused.value.code == "ref.cycle"


def test_a_library_of_parts_may_be_referred_to() -> None:
    entry = b"openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {A: {$ref: 'parts.yaml#/parts/A'}}}\n"

    contract = load_contract("a.yaml", entry, {"parts.yaml": b"parts: {A: {type: string}}\n"})

    assert contract.node("/components/schemas/A").resolved().value == {"type": "string"}
