"""The ERP over HTTP: customers written under a condition, orders listed, what cannot be refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from quote_to_cash.examples import example

CUSTOMERS = "/system/erp-orders/v1/customers"
ORDERS = "/system/erp-orders/v1/orders"
NEW = {"If-None-Match": "*"}


def put(world: Any, body: dict[str, Any], headers: dict[str, str], ref: str = "cus_contoso") -> Any:
    return world.call("PUT", f"{CUSTOMERS}/{ref}", body, headers=headers)


def test_a_customer_is_created_once_and_updated_by_version(world: Any) -> None:
    body = example("contoso_customer")
    created = put(world, body, NEW)
    assert (created.status_code, created.headers["ETag"]) == (201, '"1"')
    assert created.headers["Location"] == f"{CUSTOMERS}/cus_contoso"
    again = put(world, body, NEW)
    assert (again.status_code, again.json()["code"]) == (412, "version_conflict")
    updated = put(world, {**body, "status": "ON_HOLD"}, {"If-Match": '"1"'})
    assert (updated.status_code, updated.headers["ETag"]) == (200, '"2"')
    assert updated.json()["status"] == "ON_HOLD"
    assert updated.json()["number"] == created.json()["number"]
    stale = put(world, body, {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert world.call("GET", f"{CUSTOMERS}/cus_contoso").json() == updated.json()


def test_an_update_of_nobody_and_a_write_without_condition_are_refused(world: Any) -> None:
    body = example("contoso_customer")
    assert put(world, body, {"If-Match": '"1"'}).status_code == 412
    assert put(world, body, {}).status_code == 428
    assert world.call("GET", f"{CUSTOMERS}/cus_contoso").status_code == 404


def test_members_left_out_are_removed_and_defaults_are_told(world: Any) -> None:
    put(world, example("contoso_customer"), NEW)
    updated = put(world, {"name": "Contoso"}, {"If-Match": '"1"'}).json()
    assert updated == {
        "id": "cus_contoso",
        "number": "C-10001",
        "kind": "ORGANIZATION",
        "status": "ACTIVE",
        "name": "Contoso",
        "version": 2,
        "updatedAt": "2026-11-23T09:00:00.000Z",
    }


def test_a_registration_is_unverified_until_somebody_verifies_it(world: Any) -> None:
    customer = put(world, example("contoso_customer"), NEW).json()
    assert [item["status"] for item in customer["taxRegistrations"]] == ["UNVERIFIED"]


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("defaultCurrency", "AAA", "/defaultCurrency"),
        ("creditLimit", {"amount": "1", "currency": "AAA"}, "/creditLimit"),
    ],
)
def test_currencies_that_do_not_exist_are_refused(world: Any, member: str, value: Any, pointer: str) -> None:
    answer = put(world, {**example("contoso_customer"), member: value}, NEW)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def order(**members: Any) -> dict[str, Any]:
    return {**copy.deepcopy(example("contoso_order")), **members}


def test_orders_are_numbered_and_listed_newest_first_per_customer(world: Any) -> None:
    put(world, example("contoso_customer"), NEW)
    put(world, {"name": "Fabrikam"}, NEW, "cus_fabrikam")
    for number, customer in enumerate(["cus_contoso", "cus_fabrikam", "cus_contoso"]):
        world.clock.advance(1)
        body = order(customerRef=customer, contractId=f"ctr_{number}")
        assert world.call("POST", ORDERS, body, key=world.fresh_key()).status_code == 201
    numbers = [item["number"] for item in world.call("GET", ORDERS).json()["items"]]
    assert numbers == ["O-2026-0003", "O-2026-0002", "O-2026-0001"]
    page = world.call("GET", f"{ORDERS}?customerRef=cus_contoso&limit=1").json()
    assert [item["contractId"] for item in page["items"]] == ["ctr_2"]
    rest = world.call("GET", f"{ORDERS}?customerRef=cus_contoso&limit=1&cursor={page['nextCursor']}").json()
    assert [item["contractId"] for item in rest["items"]] == ["ctr_0"]
    assert "nextCursor" not in rest


def test_an_order_is_read_back_as_it_was_answered(world: Any) -> None:
    put(world, example("contoso_customer"), NEW)
    created = world.call("POST", ORDERS, example("contoso_order"), key="order-001")
    found = world.call("GET", created.headers["Location"])
    assert found.json() == created.json()
    assert found.headers["ETag"] == created.headers["ETag"] == '"1"'
    assert world.call("GET", f"{ORDERS}/ord_nothing").status_code == 404


def test_a_contract_has_one_order_per_currency(world: Any) -> None:
    put(world, example("contoso_customer"), NEW)
    assert world.call("POST", ORDERS, order(), key="order-001").status_code == 201
    line = order()["lines"][0]
    dollars = {"amount": "100.00", "currency": "USD"}
    line = {**line, "unitPrice": dollars, "netAmount": dollars}
    other = order(currency="USD", lines=[line])
    assert world.call("POST", ORDERS, other, key="order-002").status_code == 201
    assert world.call("POST", ORDERS, other, key="order-003").status_code == 409


@pytest.mark.parametrize(
    ("net", "price", "quantity", "code"),
    [
        ("36800.001", "36800.001", "1", "amount_scale"),
        ("10.00", "3.333333", "3", None),
        ("10.01", "3.333333", "3", "amount_mismatch"),
        ("0.13", "0.125", "1", None),
        ("0.12", "0.125", "1", "amount_mismatch"),
    ],
)
def test_net_amounts_are_quantity_times_price_rounded_half_up(
    world: Any, net: str, price: str, quantity: str, code: str | None
) -> None:
    put(world, example("contoso_customer"), NEW)
    line = order()["lines"][0]
    line["netAmount"]["amount"], line["unitPrice"]["amount"] = net, price
    line["quantity"]["value"] = quantity
    answer = world.call("POST", ORDERS, order(lines=[line]), key="order-001")
    codes = [error["code"] for error in answer.json().get("errors", [])]
    assert (answer.status_code, codes) == ((201, []) if code is None else (422, [code]))


def test_lines_that_say_they_come_from_the_same_contract_line_are_refused(world: Any) -> None:
    put(world, example("contoso_customer"), NEW)
    body = order()
    body["lines"][1]["lineRef"] = "lin_1"
    answer = world.call("POST", ORDERS, body, key="order-001")
    assert [(e["code"], e["pointer"]) for e in answer.json()["errors"]] == [
        ("line_ref_repeated", "/lines/1/lineRef")
    ]
