"""The two proposals of the ERP team that the demo puts to the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from specs.files import documents_root

ERP = "system/erp-orders.v1.openapi.yaml"
Proposal = Callable[[str], dict[str, Any]]


def test_both_proposals_are_valid_contracts_with_valid_examples(documents: Any, proposal: Proposal) -> None:
    for name in ("breaking", "compatible"):
        value = proposal(name)
        address = (documents_root() / ERP).as_uri()
        assert [str(e) for e in OpenAPIV31SpecValidator(value, base_uri=address).iter_errors()] == []
        for schema in ("OrderCreate", "Order", "OrderPage"):
            example = value["components"]["examples"][schema]["value"]
            assert validator(documents, value, schema).is_valid(example), (name, schema)


def test_both_proposals_claim_a_minor_version(proposal: Proposal) -> None:
    assert {proposal(name)["info"]["version"] for name in ("breaking", "compatible")} == {"1.1.0"}


def test_the_breaking_proposal_refuses_the_orders_that_are_sent_today(
    documents: Any, proposal: Proposal
) -> None:
    today = documents.values[ERP]["components"]["examples"]["OrderCreate"]["value"]

    assert validator(documents, documents.values[ERP], "OrderCreate").is_valid(today)
    assert not validator(documents, proposal("breaking"), "OrderCreate").is_valid(today)
    assert "purchaseOrderRef" not in proposal("breaking")["components"]["schemas"]["Order"]["properties"]


def test_the_compatible_proposal_accepts_them_and_keeps_the_order_number(
    documents: Any, proposal: Proposal
) -> None:
    today = documents.values[ERP]["components"]["examples"]["OrderCreate"]["value"]
    kept = proposal("compatible")["components"]["schemas"]["Order"]["properties"]["purchaseOrderRef"]

    assert validator(documents, proposal("compatible"), "OrderCreate").is_valid(today)
    assert validator(documents, proposal("compatible"), "OrderCreate").is_valid({**today, "taxCategory": "S"})
    assert not validator(documents, documents.values[ERP], "OrderCreate").is_valid(
        {**today, "taxCategory": "S"}
    )
    assert kept["deprecated"] is True


def validator(documents: Any, value: dict[str, Any], schema: str) -> Draft202012Validator:
    registry: Registry[Any] = documents.registry.with_resource(
        "https://documents.test/" + ERP, Resource(value, DRAFT202012)
    )
    address = f"https://documents.test/{ERP}#/components/schemas/{schema}"
    return Draft202012Validator({"$ref": address}, registry=registry)
