"""Customers and orders in the ERP's own database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as insert_or_update

from quote_to_cash.exchange import Clock
from quote_to_cash.storage.database import Database
from quote_to_cash.storage.idempotency import StoredAnswers, idempotency_table
from quote_to_cash.storage.number_series import next_number, number_series_table
from quote_to_cash.storage.records import broken, read_stored, stored_moment
from quote_to_cash.storage.transactions import StoredTransactions
from quote_to_cash.systems.erp.model import Customer, Order, read_customer, read_order

SCHEMA_VERSION: Final = 1

_metadata = MetaData()
_customers = Table(
    "customers",
    _metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", String, nullable=False),
)
_orders = Table(
    "orders",
    _metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("status", String, nullable=False),
    Column("customer_ref", String, ForeignKey("customers.id"), nullable=False),
    Column("contract_id", String, nullable=False),
    Column("transaction_id", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("purchase_order_ref", String),
    Column("description", String),
    Column("net", String, nullable=False),
    Column("tax", String, nullable=False),
    Column("gross", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", String, nullable=False),
    UniqueConstraint("contract_id", "currency"),
)
Index("orders_by_customer", _orders.c.customer_ref, _orders.c.id)
_lines = Table(
    "order_lines",
    _metadata,
    Column("order_id", String, ForeignKey("orders.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line_ref", String, nullable=False),
    Column("legal_entity_id", String, nullable=False),
    Column("net_amount", String, nullable=False),
    Column("tax_category", String, nullable=False),
    Column("tax_rate_percent", String, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("order_id", "line_ref"),
)
_series = number_series_table(_metadata, "number_series", "name")
_idempotency = idempotency_table(_metadata)


def open_erp(path: Path, now: Clock) -> StoredTransactions[StoredErp]:
    """The ERP's transactions over one SQLite file; ConfigurationInvalid when it cannot be used."""
    database = Database(path, _metadata, SCHEMA_VERSION)
    return StoredTransactions(database, lambda connection: StoredErp(connection, now))


class StoredErp:
    """``ErpUnit`` over a connection in a transaction."""

    def __init__(self, connection: Connection, now: Clock) -> None:
        self._connection = connection
        self.answers = StoredAnswers(connection, _idempotency, now)

    def customer(self, customer_id: str) -> Customer | None:
        """See ``ErpUnit``."""
        row = self._connection.execute(select(_customers).where(_customers.c.id == customer_id)).first()
        if row is None:
            return None
        written = read_stored("customer", "content", lambda: json.loads(row.content))
        if not isinstance(written, dict):
            raise broken("customer", "content")
        content = read_stored("customer", "", lambda: read_customer(written))
        updated_at = stored_moment("customer", "updatedAt", row.updated_at)
        return Customer(row.id, row.number, content, row.version, updated_at)

    def next_customer_number(self) -> str:
        """See ``ErpUnit``."""
        return f"C-{next_number(self._connection, _series, 'customers') + 10000}"

    def put_customer(self, customer: Customer) -> None:
        """See ``ErpUnit``."""
        values = {
            "number": customer.number,
            "name": customer.content["name"],
            "status": customer.content["status"],
            "content": json.dumps(customer.content),
            "version": customer.version,
            "updated_at": customer.updated_at.isoformat(),
        }
        statement = insert_or_update(_customers).values(id=customer.id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_customers.c.id], set_=values)
        )

    def order(self, order_id: str) -> Order | None:
        """See ``ErpUnit``."""
        found = self._orders(select(_orders).where(_orders.c.id == order_id))
        return found[0] if found else None

    def order_of(self, contract_id: str, currency: str) -> Order | None:
        """See ``ErpUnit``."""
        matching = select(_orders).where(_orders.c.contract_id == contract_id, _orders.c.currency == currency)
        found = self._orders(matching)
        return found[0] if found else None

    def orders(self, customer_ref: str | None, after: str | None, count: int) -> Sequence[Order]:
        """See ``ErpUnit``."""
        statement = select(_orders).order_by(_orders.c.id.desc()).limit(count)
        if customer_ref is not None:
            statement = statement.where(_orders.c.customer_ref == customer_ref)
        if after is not None:
            statement = statement.where(_orders.c.id < after)
        return self._orders(statement)

    def next_order_number(self, year: int) -> str:
        """See ``ErpUnit``."""
        return f"O-{year}-{next_number(self._connection, _series, f'orders {year}'):04d}"

    def add_order(self, order: Order) -> None:
        """See ``ErpUnit``."""
        content, totals = order.content, order.content.totals
        self._connection.execute(
            insert(_orders).values(
                id=order.id,
                number=order.number,
                status=order.status,
                customer_ref=content.customer_ref,
                contract_id=content.contract_id,
                transaction_id=content.transaction_id,
                currency=content.currency,
                purchase_order_ref=content.purchase_order_ref,
                description=content.description,
                net=str(totals.net.amount),
                tax=str(totals.tax.amount),
                gross=str(totals.gross.amount),
                version=order.version,
                created_at=order.created_at.isoformat(),
            )
        )
        rows: list[Mapping[str, Any]] = [
            {
                "order_id": order.id,
                "position": position,
                "line_ref": line.content["lineRef"],
                "legal_entity_id": line.content["legalEntityId"],
                "net_amount": str(line.net_amount.amount),
                "tax_category": line.category,
                "tax_rate_percent": str(line.rate_percent),
                "content": json.dumps(line.content),
            }
            for position, line in enumerate(content.lines)
        ]
        self._connection.execute(insert(_lines), rows)

    def _orders(self, statement: Any) -> list[Order]:
        rows = self._connection.execute(statement).all()
        lines: dict[str, list[Mapping[str, Any]]] = {row.id: [] for row in rows}
        ordered = select(_lines).where(_lines.c.order_id.in_(lines)).order_by(_lines.c.position)
        for row in self._connection.execute(ordered):
            lines[row.order_id].append(_line(row))
        return [_order(row, lines[row.id]) for row in rows]


def _order(row: Row[Any], lines: Sequence[Mapping[str, Any]]) -> Order:
    body = {
        "customerRef": row.customer_ref,
        "contractId": row.contract_id,
        "transactionId": row.transaction_id,
        "currency": row.currency,
        "lines": lines,
        "purchaseOrderRef": row.purchase_order_ref,
        "description": row.description,
    }
    if not lines:
        raise broken("order", "lines")
    content = read_stored("order", "", lambda: read_order(body))
    created_at = stored_moment("order", "createdAt", row.created_at)
    return Order(row.id, row.number, content, created_at, row.status, row.version)


def _line(row: Row[Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = read_stored("order", "lines", lambda: json.loads(row.content))
    return content
