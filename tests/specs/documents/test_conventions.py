"""The conventions that all contracts of the quote-to-cash system keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from specs.governance import governance_of
from specs.model import Contract
from specs.openapi import Operation, operations, server_base_path

KEYED = {
    "crm-quote.v2": {"createQuote", "submitQuote", "withdrawQuote", "approveQuote"},
    "crm-quote.v1": {"createQuote"},
    "erp-orders.v1": {"createOrder"},
    "master-data.v1": set(),
    "quote-validation.v1": set(),
    "client-portal.v1": {"acceptMilestone", "disputeInvoice"},
}
OPERATIONS = {
    "crm-quote.v2": {
        "listQuotes",
        "createQuote",
        "getQuote",
        "reviseQuote",
        "submitQuote",
        "withdrawQuote",
        "approveQuote",
    },
    "crm-quote.v1": {"listQuotes", "createQuote", "getQuote"},
    "erp-orders.v1": {"upsertCustomer", "getCustomer", "createOrder", "listOrders", "getOrder"},
    "master-data.v1": {
        "listLegalEntities", "getLegalEntity", "listServiceItems", "getServiceItem", "determineTax",
        "verifyTaxRegistration",
    },
    "quote-validation.v1": {"validateQuote"},
    "client-portal.v1": {
        "listEngagements", "listMilestones", "acceptMilestone", "listInvoices", "disputeInvoice",
    },
}  # fmt: skip
ALWAYS = {"400", "401", "403", "410", "422", "429", "500", "502", "503", "504"}
"""What the gateway or the service can answer to any operation that takes parameters."""

Read = Callable[[str], Contract]


def test_each_contract_is_governed_and_named_by_its_file(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    read = contract(documents.name(openapi_path))
    governance = governance_of(read)
    name, major = openapi_path.name.split(".")[:2]

    assert governance.name == name
    assert f"v{governance.major}" == major
    assert governance.layer == openapi_path.parent.name
    assert server_base_path(read) == f"/{governance.layer}/{name}/{major}"
    assert read.document.value["info"]["description"]


def test_all_majors_of_an_api_have_one_id_and_no_two_apis_share_it(documents: Any) -> None:
    ids: dict[str, set[str]] = {}
    for value in documents.values.values():
        if "x-pactolus" in value:
            ids.setdefault(value["x-api-id"], set()).add(value["x-pactolus"]["name"])

    assert len(ids) == 6
    assert all(len(names) == 1 for names in ids.values())


def test_each_contract_has_the_operations_agreed(openapi_path: Path, documents: Any, contract: Read) -> None:
    found = [o.operation_id for o in operations(contract(documents.name(openapi_path)))]

    assert set(found) == OPERATIONS[stem(openapi_path)]
    assert len(found) == len(set(found))


def test_each_operation_requires_one_scope_that_is_declared(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    value = documents.values[documents.name(openapi_path)]
    declared = value["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]["scopes"]
    used = set()
    for operation in operations(contract(documents.name(openapi_path))):
        ((use,),) = operation.security
        (scope,) = use.scopes
        used.add(scope)

    assert used == set(declared)


def test_each_operation_says_what_it_does(openapi_path: Path, documents: Any, contract: Read) -> None:
    for operation in operations(contract(documents.name(openapi_path))):
        assert operation.summary, operation.operation_id
        assert operation.node.child("description"), operation.operation_id
        assert operation.extension["throttling"] in {"T1", "T2", "T3", "T4", "T5", "T6"}


def test_exactly_the_operations_that_must_not_happen_twice_require_a_key(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    by_extension, by_header = set(), set()
    for operation in operations(contract(documents.name(openapi_path))):
        if operation.extension.get("idempotency") == "required":
            by_extension.add(operation.operation_id)
        if any(p.name == "Idempotency-Key" and p.required for p in operation.parameters):
            by_header.add(operation.operation_id)
            assert statuses(operation) >= {"400", "409", "422"}
            assert "Idempotent-Replayed" in success_headers(operation)

    assert by_extension == by_header == KEYED[stem(openapi_path)]


def test_every_write_to_an_existing_thing_asks_for_its_version(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    for operation in operations(contract(documents.name(openapi_path))):
        if operation.method in ("PUT", "PATCH"):
            assert any(p.name == "If-Match" for p in operation.parameters), operation.operation_id
            assert statuses(operation) >= {"412", "428"}
            assert "ETag" in success_headers(operation)


def test_each_operation_declares_every_answer_that_can_come(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    for operation in operations(contract(documents.name(openapi_path))):
        expected = set(ALWAYS)
        if operation.request_body:
            expected |= {"413", "415"}
        if "{" in operation.path and operation.method != "PUT":
            expected |= {"404"}

        assert statuses(operation) >= expected, operation.operation_id


def test_every_error_is_the_canonical_problem(openapi_path: Path, documents: Any, contract: Read) -> None:
    for operation in operations(contract(documents.name(openapi_path))):
        for response in operation.responses:
            if response.status < "400":
                continue
            (media,) = response.content
            assert media.name == "application/problem+json"
            assert media.schema is not None
            assert media.schema.resolved().document.uri == "canonical/problem.v1.schema.yaml"


def test_every_answer_carries_the_headers_of_the_gateway(
    openapi_path: Path, documents: Any, contract: Read
) -> None:
    standard = {"X-Correlation-ID", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Link"}
    for operation in operations(contract(documents.name(openapi_path))):
        for response in operation.responses:
            names = {header.name for header in response.headers}
            assert "X-Correlation-ID" in names
            if response.status < "300":
                assert names >= standard, operation.operation_id
            if response.status == "201":
                assert names >= {"Location", "ETag"}, operation.operation_id
            if response.status in ("429", "503"):
                assert "Retry-After" in names


def test_every_list_is_read_a_page_at_a_time(openapi_path: Path, documents: Any, contract: Read) -> None:
    for operation in operations(contract(documents.name(openapi_path))):
        if not operation.operation_id.startswith("list"):
            continue
        assert {"limit", "cursor"} <= {p.name for p in operation.parameters}
        page = operation.responses[0].content[0].schema
        assert page is not None
        value = page.resolved().value
        assert set(value["properties"]) == {"items", "nextCursor"}
        assert value["required"] == ["items"]
        assert value["properties"]["items"]["maxItems"] == 200


def test_what_a_consumer_reads_has_no_closed_enumeration(documents: Any) -> None:
    closed = [
        f"{name}{place}"
        for name, value in documents.values.items()
        for place, schema in schemas(value)
        if "enum" in schema and not requested(name, place)
    ]

    assert closed == ["canonical/http.v1.components.yaml/components/headers/IdempotentReplayed/schema"]


def test_every_text_and_list_in_a_request_is_bounded(documents: Any) -> None:
    unbounded = [
        f"{name}{place}"
        for name, value in documents.values.items()
        for place, schema in schemas(value)
        if name.endswith((".openapi.yaml", ".schema.yaml"))
        if schema.get("type") == "string"
        and not {"pattern", "maxLength", "format", "enum", "const", "x-extensible-enum"} & set(schema)
    ]
    unbounded += [
        f"{name}{place}"
        for name, value in documents.values.items()
        for place, schema in schemas(value)
        if schema.get("type") == "array" and "maxItems" not in schema
    ]

    assert [place for place in unbounded if "canonical/problem" not in place] == [
        "canonical/billing-terms.v1.schema.yaml/properties/billingModel"
    ]


def stem(path: Path) -> str:
    return ".".join(path.name.split(".")[:2])


def statuses(operation: Operation) -> set[str]:
    return {response.status for response in operation.responses}


def success_headers(operation: Operation) -> set[str]:
    return {
        header.name
        for response in operation.responses
        if response.status < "300"
        for header in response.headers
    }


def requested(name: str, place: str) -> bool:
    """Whether only clients write the value: parameters, and the schemas made for requests."""
    return "/parameters/" in place or any(
        part.endswith(("Create", "Upsert", "Request", "Revision")) for part in place.split("/")
    )


def schemas(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "properties" not in place.split("/")[-1:]:
            yield place, value
        for key, member in value.items():
            if key not in ("example", "examples"):
                yield from schemas(member, f"{place}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from schemas(item, f"{place}/{index}")
