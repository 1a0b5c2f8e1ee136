"""Customers and orders of the ERP; values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from quote_to_cash.errors import AmountsInconsistent, MoneyInvalid, RequestInvalid, Violation
from quote_to_cash.idempotency import IdempotencyUnit
from quote_to_cash.money import (
    EXPONENTS,
    Money,
    TaxedAmount,
    Totals,
    fits,
    has_document_scale,
    line_net,
    parse_money,
    totals_by_currency,
)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer; ``content`` is what was written, in the contract's form, with its defaults."""

    id: str
    number: str
    content: Mapping[str, Any]
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as ordered; ``content`` is the contract's form of it."""

    content: Mapping[str, Any]
    net_amount: Money
    category: str
    rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class OrderContent:
    """What an order is created from: one contract, one currency."""

    customer_ref: str
    contract_id: str
    transaction_id: str
    currency: str
    lines: tuple[OrderLine, ...]
    purchase_order_ref: str | None = None
    description: str | None = None

    @property
    def totals(self) -> Totals:
        """Net, tax and gross; tax rounded once per category and rate."""
        taxed = (TaxedAmount(line.net_amount, line.category, line.rate_percent) for line in self.lines)
        return totals_by_currency(taxed)[0]


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the ERP keeps it."""

    id: str
    number: str
    content: OrderContent
    created_at: datetime
    status: str = "OPEN"
    version: int = 1


class ErpUnit(IdempotencyUnit, Protocol):
    """Customers and orders within one transaction."""

    def customer(self, customer_id: str) -> Customer | None:
        """The customer in its present version."""

    def next_customer_number(self) -> str:
        """The next human number."""

    def put_customer(self, customer: Customer) -> None:
        """Stores the customer, new or changed."""

    def order(self, order_id: str) -> Order | None:
        """The order."""

    def order_of(self, contract_id: str, currency: str) -> Order | None:
        """The one order a contract has in a currency."""

    def orders(self, customer_ref: str | None, after: str | None, count: int) -> Sequence[Order]:
        """At most ``count``, newest first, those created before the one with id ``after``."""

    def next_order_number(self, year: int) -> str:
        """The next human number in the year's series."""

    def add_order(self, order: Order) -> None:
        """Stores a new order."""


def read_order(body: Mapping[str, Any]) -> OrderContent:
    """The order a request asks for; AmountsInconsistent with every disagreement.

    The net amount of each line must be quantity x unit price, rounded half up, in the order's currency.
    """
    currency = body["currency"]
    if currency not in EXPONENTS:
        violation = Violation(
            "money_invalid", "/currency", f"{currency} is not in ISO 4217.", location="body"
        )
        raise RequestInvalid("The order has values that cannot be; see errors.", violations=[violation])
    lines: list[OrderLine] = []
    violations: list[Violation] = []
    refs: dict[str, int] = {}
    for index, item in enumerate(body["lines"]):
        at = f"/lines/{index}"
        line, found = _read_line(item, currency, at)
        if item["lineRef"] in refs:
            detail = f"Line {refs[item['lineRef']]} has the same lineRef."
            found = [*found, Violation("line_ref_repeated", f"{at}/lineRef", detail, location="body")]
        refs.setdefault(item["lineRef"], index)
        violations.extend(found)
        if line is not None:
            lines.append(line)
    if violations:
        raise AmountsInconsistent("The amounts of the order do not agree; see errors.", violations=violations)
    content = OrderContent(
        customer_ref=body["customerRef"],
        contract_id=body["contractId"],
        transaction_id=body["transactionId"],
        currency=currency,
        lines=tuple(lines),
        purchase_order_ref=body.get("purchaseOrderRef"),
        description=body.get("description"),
    )
    if not fits(content.totals.net) or not fits(content.totals.gross):
        violation = Violation("amount_too_large", "/lines", "The total exceeds what can be written.")
        raise AmountsInconsistent("The order is too large.", violations=[violation])
    return content


def _read_line(item: Mapping[str, Any], currency: str, at: str) -> tuple[OrderLine | None, list[Violation]]:
    violations = []
    amounts: dict[str, Money] = {}
    for name in ("unitPrice", "netAmount"):
        try:
            amounts[name] = parse_money(item[name])
        except MoneyInvalid as error:
            violations.append(Violation(error.code, f"{at}/{name}", error.detail))
            continue
        if amounts[name].currency != currency:
            detail = f"The order is in {currency} and this amount in {amounts[name].currency}."
            violations.append(Violation("currency_mismatch", f"{at}/{name}/currency", detail))
    if violations:
        return None, violations
    net = amounts["netAmount"]
    expected = line_net(Decimal(item["quantity"]["value"]), amounts["unitPrice"])
    if not has_document_scale(net.amount, currency):
        detail = f"{currency} has no smaller unit than this."
        violations.append(Violation("amount_scale", f"{at}/netAmount/amount", detail))
    elif net.amount != expected.amount:
        shown = expected.as_json()["amount"]
        detail = f"Quantity times unit price is {shown} {currency}, not {item['netAmount']['amount']}."
        violations.append(Violation("amount_mismatch", f"{at}/netAmount/amount", detail))
    tax = item["taxTreatment"]
    return OrderLine(item, net, tax["category"], Decimal(tax["ratePercent"])), violations


def read_customer(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of a customer with the contract's defaults; RequestInvalid for what cannot be."""
    violations = []
    if "defaultCurrency" in body and body["defaultCurrency"] not in EXPONENTS:
        detail = f"{body['defaultCurrency']} is not in ISO 4217."
        violations.append(Violation("money_invalid", "/defaultCurrency", detail, location="body"))
    if "creditLimit" in body:
        try:
            parse_money(body["creditLimit"])
        except MoneyInvalid as error:
            violations.append(Violation(error.code, "/creditLimit", error.detail, location="body"))
    if violations:
        raise RequestInvalid("The customer has values that cannot be; see errors.", violations=violations)
    return {"kind": "ORGANIZATION", "status": "ACTIVE", **body}
