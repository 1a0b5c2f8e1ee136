"""The acceptance story, end to end: a quote is created, judged by four rule groups, and approved once."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quote_to_cash.examples import example

QUOTES = "/system/crm-quote/v2/quotes"
CUSTOMER = "/system/erp-orders/v1/customers/cus_contoso"
ORDERS = "/system/erp-orders/v1/orders"
VALIDATIONS = "/process/quote-validation/v1/validations"
NEW = {"If-None-Match": "*"}


def create(world: Any, name: str) -> dict[str, Any]:
    answer = world.call("POST", QUOTES, example(name), key=world.fresh_key())
    assert answer.status_code == 201, answer.text
    quote = answer.json()
    assert answer.headers["Location"] == f"{QUOTES}/{quote['id']}"
    return quote


def in_approval(world: Any, name: str) -> dict[str, Any]:
    quote = create(world, name)
    answer = world.call("POST", f"{QUOTES}/{quote['id']}/submission", {}, key=world.fresh_key())
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "IN_APPROVAL"
    return answer.json()


def approve(world: Any, quote: dict[str, Any], key: str, body: Any = None) -> Any:
    return world.call("POST", f"{QUOTES}/{quote['id']}/approval", body, key=key)


def know_contoso(world: Any, name: str = "contoso_customer") -> None:
    assert world.call("PUT", CUSTOMER, example(name), headers=NEW).status_code == 201


def test_the_quote_of_the_german_lines_comes_to_the_amounts_of_the_real_erp(world: Any) -> None:
    quote = create(world, "contoso_quote")
    assert [line["netAmount"]["amount"] for line in quote["lines"]] == ["36800.00", "138000.00"]
    assert quote["totals"] == [
        {
            "currency": "EUR",
            "net": {"amount": "174800.00", "currency": "EUR"},
            "tax": {"amount": "33212.00", "currency": "EUR"},
            "gross": {"amount": "208012.00", "currency": "EUR"},
        }
    ]


def test_all_five_billing_models_stand_in_one_quote_with_totals_per_currency(world: Any) -> None:
    quote = create(world, "contoso_quote_mixed")
    models = {line["billingTerms"]["billingModel"] for line in quote["lines"]}
    assert models == {"FIXED_FEE", "MILESTONE", "TIME_AND_MATERIALS", "RETAINER", "PASS_THROUGH_EXPENSE"}
    assert [(t["currency"], t["net"]["amount"], t["tax"]["amount"]) for t in quote["totals"]] == [
        ("EUR", "186800.00", "35492.00"),
        ("USD", "58200.00", "0.00"),
    ]
    assert quote["contractingEntities"] == ["NW-DE", "NW-US"]


@pytest.mark.parametrize("name", ["contoso_quote", "contoso_quote_mixed"])
def test_a_sound_quote_is_validated_by_four_checks_and_approved(world: Any, name: str) -> None:
    know_contoso(world)
    quote = in_approval(world, name)
    verdict = world.call("POST", VALIDATIONS, {"quoteId": quote["id"]}).json()
    assert verdict["valid"] is True
    assert [check["name"] for check in verdict["checks"]] == [
        "customer",
        "legalEntity",
        "tax",
        "serviceCatalog",
    ]
    answer = approve(world, quote, "approve-1", {"comment": "Margin as planned."})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "APPROVED"
    assert answer.json()["approvals"][0]["by"] == "sales-console"
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'


def test_an_invalid_tax_number_and_an_unknown_seller_are_both_told_and_nothing_is_written(world: Any) -> None:
    know_contoso(world, "contoso_customer_invalid")
    quote = in_approval(world, "contoso_quote_invalid")
    expected = {
        ("tax_id_invalid", "/customer/taxRegistrations/0/taxId"),
        ("legal_entity_unknown", "/lines/3/legalEntityId"),
    }

    verdict = world.call("POST", VALIDATIONS, {"quoteId": quote["id"]})
    assert verdict.status_code == 200
    assert verdict.json()["valid"] is False
    assert {(v["code"], v["pointer"]) for v in verdict.json()["violations"]} == expected
    passed = {check["name"]: check["passed"] for check in verdict.json()["checks"]}
    assert passed == {"customer": True, "legalEntity": False, "tax": False, "serviceCatalog": True}

    refused = approve(world, quote, "approve-1")
    problem = refused.json()
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem["retryable"], problem["correlationId"]) == (
        "quote_invalid",
        False,
        "c-100",
    )
    assert problem["owner"] == "sales-operations"
    assert problem["playbook"]
    assert {(v["code"], v["pointer"]) for v in problem["errors"]} == expected
    assert all(v["owner"] and v["playbook"] for v in problem["errors"])
    assert world.call("GET", f"{QUOTES}/{quote['id']}").json()["status"] == "IN_APPROVAL"
    writes = [r for r in world.gateway.seen if r.method != "GET" and "/system/erp-orders/" in r.url.path]
    assert writes == []


def test_a_corrected_customer_lets_the_same_quote_pass_under_the_same_key(world: Any) -> None:
    know_contoso(world, "contoso_customer_invalid")
    quote = in_approval(world, "contoso_quote")
    assert approve(world, quote, "approve-1").status_code == 422
    corrected = world.call("PUT", CUSTOMER, example("contoso_customer"), headers={"If-Match": '"1"'})
    assert corrected.status_code == 200
    answer = approve(world, quote, "approve-1")
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_an_approval_repeated_with_its_key_is_replayed_and_decides_once(world: Any) -> None:
    know_contoso(world)
    quote = in_approval(world, "contoso_quote")
    first = approve(world, quote, "approve-1")
    calls_before = len(world.gateway.seen)
    again = approve(world, quote, "approve-1")
    assert again.status_code == 200
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(world.gateway.seen) == calls_before
    other = approve(world, quote, "approve-1", {"comment": "another body"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert approve(world, quote, "approve-2").json()["code"] == "wrong_state"
    assert len(world.call("GET", f"{QUOTES}/{quote['id']}").json()["approvals"]) == 1


def test_a_draft_cannot_be_approved_and_nobody_is_asked(world: Any) -> None:
    quote = create(world, "contoso_quote")
    answer = approve(world, quote, "approve-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert world.gateway.seen == []


@pytest.mark.parametrize(
    ("prefix", "outage", "status"),
    [
        ("/process/quote-validation/", 503, 503),
        ("/process/quote-validation/", 500, 502),
        ("/process/quote-validation/", ConnectionError, 503),
        ("/system/master-data/", 503, 503),
        ("/system/erp-orders/", 502, 502),
    ],
)
def test_a_system_that_is_down_leaves_the_quote_as_it_was_and_the_problem_retryable(
    world: Any, prefix: str, outage: Any, status: int
) -> None:
    import httpx

    know_contoso(world)
    quote = in_approval(world, "contoso_quote")
    world.gateway.outages[prefix] = httpx.ConnectError if outage is ConnectionError else outage
    answer = approve(world, quote, "approve-1")
    assert answer.status_code == status, answer.text
    assert answer.json()["retryable"] is True
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert world.call("GET", f"{QUOTES}/{quote['id']}").json()["status"] == "IN_APPROVAL"
    world.gateway.outages.clear()
    assert approve(world, quote, "approve-1").status_code == 200


def test_the_correlation_id_and_trace_of_the_caller_reach_every_system(world: Any) -> None:
    know_contoso(world)
    quote = in_approval(world, "contoso_quote")
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    path = f"{QUOTES}/{quote['id']}/approval"
    assert world.call("POST", path, key="approve-1", headers={"traceparent": trace}).status_code == 200
    asked = {request.url.path.split("/")[2] for request in world.gateway.seen}
    assert asked == {"quote-validation", "crm-quote", "erp-orders", "master-data"}
    assert {request.headers["X-Correlation-ID"] for request in world.gateway.seen} == {"c-100"}
    assert {request.headers["traceparent"] for request in world.gateway.seen} == {trace}
    assert world.gateway.tokens_given == 1


def test_the_order_of_the_german_lines_is_created_once_with_the_same_totals(world: Any) -> None:
    know_contoso(world)
    order = example("contoso_order")
    first = world.call("POST", ORDERS, order, key="order-001")
    assert first.status_code == 201, first.text
    totals = first.json()["totals"]
    assert [totals[name]["amount"] for name in ("net", "tax", "gross")] == [
        "174800.00",
        "33212.00",
        "208012.00",
    ]
    again = world.call("POST", ORDERS, order, key="order-001")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    second = world.call("POST", ORDERS, order, key="order-002")
    assert (second.status_code, second.json()["code"]) == (409, "order_exists")
    assert (second.json()["owner"], second.json()["playbook"]) == ("erp-team", "PB-18")
    assert len(world.call("GET", ORDERS).json()["items"]) == 1


def test_an_order_whose_amounts_do_not_agree_is_refused_with_pointers(world: Any) -> None:
    know_contoso(world)
    order = copy.deepcopy(example("contoso_order"))
    order["lines"][0]["netAmount"]["amount"] = "36800.01"
    order["lines"][1]["unitPrice"]["currency"] = "USD"
    answer = world.call("POST", ORDERS, order, key="order-001")
    assert answer.status_code == 422
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [
        ("amount_mismatch", "/lines/0/netAmount/amount"),
        ("currency_mismatch", "/lines/1/unitPrice/currency"),
    ]
    assert world.call("GET", ORDERS).json()["items"] == []


def test_an_order_of_an_unknown_customer_is_refused(world: Any) -> None:
    answer = world.call("POST", ORDERS, example("contoso_order"), key="order-001")
    assert (answer.status_code, answer.json()["code"]) == (422, "customer_unknown")
