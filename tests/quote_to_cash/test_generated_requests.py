"""Requests that schemathesis generates from each contract, good and bad: never a 5xx, never off contract."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quote_to_cash.examples import example
from specs.bundle import bundled_document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES_MAX = 10
CONTRACTS = {
    "system/crm-quote.v1": "/system/crm-quote/",
    "system/crm-quote.v2": "/system/crm-quote/",
    "system/erp-orders.v1": "/system/erp-orders/",
    "system/master-data.v1": "/system/master-data/",
    "process/quote-validation.v1": "/process/quote-validation/",
}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", CONTRACTS)
def test_no_generated_request_gets_a_server_error_or_an_answer_off_contract(
    world: Any, name: str, mode: GenerationMode
) -> None:
    created = world.call(
        "PUT",
        "/system/erp-orders/v1/customers/cus_contoso",
        example("contoso_customer"),
        headers={"If-None-Match": "*"},
    )
    assert created.status_code == 201
    application = world.services[CONTRACTS[name]].application
    # schemathesis cannot generate under unevaluatedProperties, which only narrows requests.
    document = without(bundled_document(world.contracts[name]), "unevaluatedProperties")
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert operations
    for operation in operations:
        assert statuses_of(operation, mode, application), f"{operation.label} was never called"


def without(value: Any, keyword: str) -> Any:
    if isinstance(value, list):
        return [without(item, keyword) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: without(member, keyword) for name, member in value.items() if name != keyword}


def statuses_of(operation: Any, mode: GenerationMode, application: Any) -> set[int]:
    statuses: set[int] = set()

    @settings(
        max_examples=EXAMPLES_MAX,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def conforms(case: Any) -> None:
        response = case.call(app=application)
        case.validate_response(response, checks=CHECKS)
        statuses.add(response.status_code)

    conforms()
    return statuses
