"""A broken value in a service's own store is the service's failure (500), never the reader's mistake."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from quote_to_cash.examples import example

QUOTES = "/system/crm-quote/v2/quotes"
CUSTOMER = "/system/erp-orders/v1/customers/cus_contoso"
ORDERS = "/system/erp-orders/v1/orders"
ENTITY = "/system/master-data/v1/legal-entities/NW-DE"
BROKEN = "SECRET"


def change(file: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(file)) as connection:
        changed = connection.execute(statement, values).rowcount
        connection.commit()
    assert changed > 0


def told(world: Any, path: str, member: str) -> None:
    answer = world.call("GET", path)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "stored_record_invalid")
    assert member in problem["detail"]
    assert BROKEN not in answer.text
    assert "errors" not in problem
    assert problem["retryable"] is False


@pytest.mark.parametrize(
    ("statement", "member"),
    [
        ("UPDATE quote_lines SET currency = 'EU'", "lines/0/unitPrice"),
        (f"UPDATE quote_lines SET unit_price = '{BROKEN}'", "lines/0/unitPrice"),
        ("UPDATE quote_lines SET unit_price = 'NaN'", "lines/0/unitPrice"),
        (f"UPDATE quote_lines SET quantity = '{BROKEN}'", "lines/0/quantity"),
        (f"UPDATE quote_lines SET discount_percent = '{BROKEN}'", "lines/0/discountPercent"),
        (f"UPDATE quote_lines SET tax_rate_percent = '{BROKEN}'", "lines/0/taxTreatment"),
        (f"UPDATE quote_lines SET period_start = '{BROKEN}', period_end = ''", "lines/0/servicePeriod"),
        (f"UPDATE quote_lines SET billing_terms = '{BROKEN}'", "lines/0/billingTerms"),
        ('UPDATE quote_lines SET billing_terms = \'{"billingModel":"FIXED_FEE"}\'', "lines/0/billingTerms"),
        ("UPDATE quote_lines SET quantity = '2'", "lines/0/billingTerms"),
        ("DELETE FROM quote_lines", "lines"),
        (f"UPDATE quotes SET status = '{BROKEN}'", "status"),
        (f"UPDATE quotes SET valid_until = '{BROKEN}'", "validUntil"),
        (f"UPDATE quotes SET created_at = '{BROKEN}'", "createdAt"),
        (f"UPDATE quotes SET updated_at = '{BROKEN}'", "updatedAt"),
    ],
)
def test_a_broken_quote_is_the_services_failure(
    world: Any, tmp_path: Path, statement: str, member: str
) -> None:
    quote = world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json()
    change(tmp_path / "crm.sqlite", statement)
    told(world, f"{QUOTES}/{quote['id']}", member)
    told(world, QUOTES, member)


def test_a_quote_that_cannot_be_read_cannot_be_changed_either(world: Any, tmp_path: Path) -> None:
    quote = world.call("POST", QUOTES, example("contoso_quote"), key="create-01").json()
    change(tmp_path / "crm.sqlite", "UPDATE quote_lines SET currency = 'EU'")
    answer = world.call(
        "PATCH", f"{QUOTES}/{quote['id']}", {"validUntil": "2027-01-31"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.json()["code"]) == (500, "stored_record_invalid")


@pytest.mark.parametrize(
    ("column", "value", "member"),
    [
        ("content", {"name": "Contoso", "defaultCurrency": "EU"}, "defaultCurrency"),
        ("content", {"creditLimit": {"amount": BROKEN, "currency": "EUR"}}, "creditLimit"),
        ("content", [BROKEN], "content"),
        ("updated_at", BROKEN, "updatedAt"),
    ],
)
def test_a_broken_customer_is_the_services_failure(
    world: Any, tmp_path: Path, column: str, value: Any, member: str
) -> None:
    world.call("PUT", CUSTOMER, example("contoso_customer"), headers={"If-None-Match": "*"})
    written = value if isinstance(value, str) else json.dumps(value)
    change(tmp_path / "erp.sqlite", f"UPDATE customers SET {column} = ?", written)
    told(world, CUSTOMER, member)


@pytest.mark.parametrize(
    ("statement", "member"),
    [
        ("UPDATE orders SET currency = 'EU'", "currency"),
        ("UPDATE orders SET currency = 'USD'", "lines/0/unitPrice/currency"),
        (f"UPDATE orders SET created_at = '{BROKEN}'", "createdAt"),
        (f"UPDATE order_lines SET content = '{BROKEN}'", "lines"),
        ("UPDATE order_lines SET content = '{}'", "order"),
    ],
)
def test_a_broken_order_is_the_services_failure(
    world: Any, tmp_path: Path, statement: str, member: str
) -> None:
    world.call("PUT", CUSTOMER, example("contoso_customer"), headers={"If-None-Match": "*"})
    order = world.call("POST", ORDERS, example("contoso_order"), key="order-001").json()
    change(tmp_path / "erp.sqlite", statement)
    told(world, f"{ORDERS}/{order['id']}", member)


def test_a_broken_legal_entity_is_the_services_failure(world: Any, tmp_path: Path) -> None:
    change(tmp_path / "master.sqlite", "UPDATE legal_entities SET document = ?", BROKEN)
    told(world, ENTITY, "legal entity")


def test_the_same_values_sent_are_the_senders_mistake(world: Any) -> None:
    body = {**example("contoso_customer"), "defaultCurrency": "ZZZ"}
    answer = world.call("PUT", CUSTOMER, body, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
