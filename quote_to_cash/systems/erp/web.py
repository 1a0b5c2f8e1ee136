"""The operations of erp-orders: customers written under a condition, orders created once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from quote_to_cash.errors import (
    CustomerUnknown,
    NotFound,
    OrderExists,
    PreconditionRequired,
    VersionConflict,
    Violation,
)
from quote_to_cash.exchange import Answer, Call, Clock, Handler, Transactions, Write, etag, require_match
from quote_to_cash.identifiers import Identify
from quote_to_cash.money import zero
from quote_to_cash.paging import page_as_json, page_limit, read_cursor
from quote_to_cash.playbooks import CUSTOMER, ORDER_EXISTS
from quote_to_cash.systems.erp.model import Customer, ErpUnit, Order, read_customer, read_order

LIST_FILTERS = ("customerRef",)


class ErpOperations:
    """The handlers, over a store, a clock and identifiers."""

    def __init__(self, store: Transactions[ErpUnit], now: Clock, identify: Identify) -> None:
        self._store = store
        self._now = now
        self._identify = identify

    def handlers(self) -> Mapping[str, Handler[ErpUnit]]:
        """One handler per operationId of erp-orders v1."""
        return {
            "upsertCustomer": self.upsert_customer,
            "getCustomer": self.get_customer,
            "createOrder": self.create_order,
            "listOrders": self.list_orders,
            "getOrder": self.get_order,
        }

    def get_customer(self, call: Call) -> Answer:
        """The customer with its version as ETag."""
        customer_ref = call.path["customerRef"]
        with self._store.read() as unit:
            customer = unit.customer(customer_ref)
        if customer is None:
            raise NotFound(f"There is no customer {customer_ref}.")
        return Answer(200, customer_as_json(customer), {"ETag": etag(customer.version)})

    def upsert_customer(self, call: Call) -> Write[ErpUnit]:
        """Creates under If-None-Match: *, updates under If-Match; PreconditionRequired without either."""
        creating = call.headers.get("if-none-match") == "*"
        if not creating and not call.headers.get("if-match"):
            raise PreconditionRequired(
                "Say whether you create or update: send If-None-Match with an asterisk, or If-Match with the "
                "ETag you read."
            )
        content = read_customer(call.body)

        def work(unit: ErpUnit) -> Answer:
            before = unit.customer(call.path["customerRef"])
            if creating:
                return self._created(unit, call, before, content)
            return self._updated(unit, call, before, content)

        return Write(work)

    def create_order(self, call: Call) -> Write[ErpUnit]:
        """The contract's order in one currency; its customer must be known."""
        content = read_order(call.body)

        def work(unit: ErpUnit) -> Answer:
            _require_customer(unit, content.customer_ref)
            present = unit.order_of(content.contract_id, content.currency)
            if present is not None:
                raise OrderExists(
                    f"{content.contract_id} has its order in {content.currency} already: {present.id}.",
                    owner=ORDER_EXISTS.owner,
                    playbook=ORDER_EXISTS.id,
                )
            moment = self._now()
            number = unit.next_order_number(moment.astimezone(UTC).year)
            order = Order(self._identify("ord"), number, content, moment)
            unit.add_order(order)
            headers = {"Location": f"{call.base_path}/orders/{order.id}", "ETag": etag(order.version)}
            return Answer(201, order_as_json(order), headers)

        return Write(work)

    def list_orders(self, call: Call) -> Answer:
        """A page of orders, newest first."""
        after = read_cursor(call.query, LIST_FILTERS)
        with self._store.read() as unit:
            orders = unit.orders(call.query.get("customerRef"), after, page_limit(call.query) + 1)
        page = page_as_json(orders, call.query, LIST_FILTERS, lambda order: order.id, order_as_json)
        return Answer(200, page)

    def get_order(self, call: Call) -> Answer:
        """The order with its version as ETag."""
        order_id = call.path["orderId"]
        with self._store.read() as unit:
            order = unit.order(order_id)
        if order is None:
            raise NotFound(f"There is no order {order_id}.")
        return Answer(200, order_as_json(order), {"ETag": etag(order.version)})

    def _created(
        self, unit: ErpUnit, call: Call, before: Customer | None, content: Mapping[str, Any]
    ) -> Answer:
        customer_ref = call.path["customerRef"]
        if before is not None:
            raise VersionConflict(f"{customer_ref} exists; read it and send If-Match to update it.")
        customer = Customer(customer_ref, unit.next_customer_number(), content, 1, self._now())
        unit.put_customer(customer)
        headers = {"Location": f"{call.base_path}/customers/{customer_ref}", "ETag": etag(1)}
        return Answer(201, customer_as_json(customer), headers)

    def _updated(
        self, unit: ErpUnit, call: Call, before: Customer | None, content: Mapping[str, Any]
    ) -> Answer:
        if before is None:
            customer_ref = call.path["customerRef"]
            raise VersionConflict(f"{customer_ref} does not exist; send If-None-Match: * to create it.")
        require_match(call, before.version)
        customer = Customer(before.id, before.number, content, before.version + 1, self._now())
        unit.put_customer(customer)
        return Answer(200, customer_as_json(customer), {"ETag": etag(customer.version)})


def customer_as_json(customer: Customer) -> dict[str, Any]:
    """The canonical customer; registrations are unverified, for the ERP does not verify."""
    content = dict(customer.content)
    if "taxRegistrations" in content:
        content["taxRegistrations"] = [
            {**registration, "status": "UNVERIFIED"} for registration in content["taxRegistrations"]
        ]
    if "defaultCurrency" in content:
        nothing = zero(content["defaultCurrency"]).as_json()
        content["accountStatus"] = {"openReceivables": nothing, "overdue": nothing}
    return {
        "id": customer.id,
        "number": customer.number,
        **content,
        "version": customer.version,
        "updatedAt": _timestamp(customer.updated_at),
    }


def order_as_json(order: Order) -> dict[str, Any]:
    """The order of the contract, with the totals the ERP computed."""
    content = order.content
    totals = content.totals
    members = {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "customerRef": content.customer_ref,
        "contractId": content.contract_id,
        "transactionId": content.transaction_id,
        "currency": content.currency,
        "purchaseOrderRef": content.purchase_order_ref,
        "description": content.description,
        "lines": [dict(line.content) for line in content.lines],
        "totals": {
            "currency": totals.currency,
            "net": totals.net.as_json(),
            "tax": totals.tax.as_json(),
            "gross": totals.gross.as_json(),
        },
        "version": order.version,
        "createdAt": _timestamp(order.created_at),
    }
    return {name: value for name, value in members.items() if value is not None}


def _require_customer(unit: ErpUnit, customer_ref: str) -> None:
    if unit.customer(customer_ref) is None:
        detail = f"The ERP has no customer {customer_ref}; create it first."
        violation = Violation("customer_unknown", "/customerRef", detail, location="body")
        raise CustomerUnknown(detail, violations=[violation], owner=CUSTOMER.owner, playbook=CUSTOMER.id)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
