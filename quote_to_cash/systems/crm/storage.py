"""Quotes in the CRM's own database: one row per quote and per line, amounts as decimal text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Boolean,
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
    delete,
    insert,
    select,
    update,
)

from quote_to_cash.errors import VersionConflict
from quote_to_cash.exchange import Clock
from quote_to_cash.money import Money
from quote_to_cash.storage.database import Database
from quote_to_cash.storage.idempotency import StoredAnswers, idempotency_table
from quote_to_cash.storage.number_series import next_number, number_series_table
from quote_to_cash.storage.records import broken, read_stored, stored_moment
from quote_to_cash.storage.transactions import StoredTransactions
from quote_to_cash.systems.crm.arithmetic import amount_violations
from quote_to_cash.systems.crm.model import (
    Approval,
    Quantity,
    Quote,
    QuoteContent,
    QuoteLine,
    QuoteStatus,
    TaxTreatment,
    representable_in_v1,
)
from quote_to_cash.systems.crm.ports import QuoteFilter

SCHEMA_VERSION: Final = 1
_RECORD: Final = "quote"

_metadata = MetaData()
_quotes = Table(
    "quotes",
    _metadata,
    Column("id", String, primary_key=True),
    Column("number", String, nullable=False, unique=True),
    Column("transaction_id", String, nullable=False, unique=True),
    Column("customer_id", String, nullable=False),
    Column("legal_entity_id", String, nullable=False),
    Column("opportunity_id", String),
    Column("purchase_order_ref", String),
    Column("valid_until", String, nullable=False),
    Column("status", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("in_v1", Boolean, nullable=False),
    Column("created_at", String, nullable=False),
    Column("updated_at", String, nullable=False),
)
Index("quotes_by_customer", _quotes.c.customer_id, _quotes.c.id)
Index("quotes_by_status", _quotes.c.status, _quotes.c.id)
_lines = Table(
    "quote_lines",
    _metadata,
    Column("quote_id", String, ForeignKey("quotes.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", String, nullable=False),
    Column("service_item_id", String, nullable=False),
    Column("description", String),
    Column("legal_entity_id", String, nullable=False),
    Column("quantity", String, nullable=False),
    Column("unit_code", String, nullable=False),
    Column("unit_price", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("discount_percent", String),
    Column("tax_category", String),
    Column("tax_rate_percent", String),
    Column("tax_jurisdiction", String),
    Column("period_start", String),
    Column("period_end", String),
    Column("billing_terms", Text, nullable=False),
)
_approvals = Table(
    "quote_approvals",
    _metadata,
    Column("quote_id", String, ForeignKey("quotes.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("rule", String),
    Column("comment", String),
)
_series = number_series_table(_metadata, "quote_number_series", "legal_entity_id")
_idempotency = idempotency_table(_metadata)


def open_crm(path: Path, now: Clock) -> StoredTransactions[StoredQuotes]:
    """The CRM's transactions over one SQLite file; ConfigurationInvalid when it cannot be used."""
    database = Database(path, _metadata, SCHEMA_VERSION)
    return StoredTransactions(database, lambda connection: StoredQuotes(connection, now))


class StoredQuotes:
    """``QuoteUnit`` over a connection in a transaction."""

    def __init__(self, connection: Connection, now: Clock) -> None:
        self._connection = connection
        self.answers = StoredAnswers(connection, _idempotency, now)

    def quote(self, quote_id: str) -> Quote | None:
        """See ``QuoteUnit``."""
        row = self._connection.execute(select(_quotes).where(_quotes.c.id == quote_id)).first()
        return None if row is None else self._assembled([row])[0]

    def quotes(self, chosen: QuoteFilter, after: str | None, count: int) -> Sequence[Quote]:
        """See ``QuoteUnit``."""
        statement = select(_quotes).order_by(_quotes.c.id.desc()).limit(count)
        if chosen.status is not None:
            statement = statement.where(_quotes.c.status == chosen.status)
        if chosen.customer_id is not None:
            statement = statement.where(_quotes.c.customer_id == chosen.customer_id)
        if chosen.in_v1:
            statement = statement.where(_quotes.c.in_v1)
        if after is not None:
            statement = statement.where(_quotes.c.id < after)
        return self._assembled(self._connection.execute(statement).all())

    def next_number(self, legal_entity_id: str) -> str:
        """See ``QuoteUnit``."""
        return f"Q-{legal_entity_id}-{next_number(self._connection, _series, legal_entity_id):05d}"

    def add(self, quote: Quote) -> None:
        """See ``QuoteUnit``."""
        self._connection.execute(insert(_quotes).values(**_quote_values(quote)))
        self._add_parts(quote)

    def replace(self, quote: Quote, version_before: int) -> None:
        """See ``QuoteUnit``."""
        result = self._connection.execute(
            update(_quotes)
            .where(_quotes.c.id == quote.id, _quotes.c.version == version_before)
            .values(**_quote_values(quote))
        )
        if result.rowcount != 1:
            raise VersionConflict("The quote was changed meanwhile; read it again and repeat your change.")
        for table in (_lines, _approvals):
            self._connection.execute(delete(table).where(table.c.quote_id == quote.id))
        self._add_parts(quote)

    def _add_parts(self, quote: Quote) -> None:
        lines = [_line_values(quote.id, at, line) for at, line in enumerate(quote.content.lines)]
        self._connection.execute(insert(_lines), lines)
        approvals = [_approval_values(quote.id, at, item) for at, item in enumerate(quote.approvals)]
        if approvals:
            self._connection.execute(insert(_approvals), approvals)

    def _assembled(self, rows: Sequence[Row[Any]]) -> list[Quote]:
        ids = [row.id for row in rows]
        lines: dict[str, list[QuoteLine]] = {quote_id: [] for quote_id in ids}
        approvals: dict[str, list[Approval]] = {quote_id: [] for quote_id in ids}
        ordered_lines = select(_lines).where(_lines.c.quote_id.in_(ids)).order_by(_lines.c.position)
        for row in self._connection.execute(ordered_lines):
            lines[row.quote_id].append(_line(row))
        ordered = select(_approvals).where(_approvals.c.quote_id.in_(ids)).order_by(_approvals.c.position)
        for row in self._connection.execute(ordered):
            at = stored_moment(_RECORD, f"approvals/{row.position}/at", row.at)
            approvals[row.quote_id].append(Approval(row.by, at, row.decision, row.rule, row.comment))
        return [_quote(row, tuple(lines[row.id]), tuple(approvals[row.id])) for row in rows]


def _quote(row: Row[Any], lines: tuple[QuoteLine, ...], approvals: tuple[Approval, ...]) -> Quote:
    if not lines:
        raise broken(_RECORD, "lines")
    content = QuoteContent(
        customer_id=row.customer_id,
        legal_entity_id=row.legal_entity_id,
        valid_until=stored_moment(_RECORD, "validUntil", row.valid_until).date(),
        lines=lines,
        opportunity_id=row.opportunity_id,
        purchase_order_ref=row.purchase_order_ref,
    )
    return Quote(
        id=row.id,
        number=row.number,
        transaction_id=row.transaction_id,
        content=content,
        created_at=stored_moment(_RECORD, "createdAt", row.created_at),
        updated_at=stored_moment(_RECORD, "updatedAt", row.updated_at),
        status=read_stored(_RECORD, "status", lambda: QuoteStatus(row.status)),
        revision=row.revision,
        version=row.version,
        approvals=approvals,
    )


def _line(row: Row[Any]) -> QuoteLine:
    at = f"lines/{row.position}"
    line = QuoteLine(
        id=row.id,
        service_item_id=row.service_item_id,
        description=row.description,
        legal_entity_id=row.legal_entity_id,
        quantity=Quantity(_decimal(f"{at}/quantity", row.quantity), row.unit_code),
        unit_price=read_stored(
            _RECORD, f"{at}/unitPrice", lambda: Money(Decimal(row.unit_price), row.currency)
        ),
        discount_percent=None
        if row.discount_percent is None
        else _decimal(f"{at}/discountPercent", row.discount_percent),
        tax_treatment=None
        if row.tax_category is None
        else TaxTreatment(
            row.tax_category, _decimal(f"{at}/taxTreatment", row.tax_rate_percent), row.tax_jurisdiction
        ),
        service_period=None
        if row.period_start is None
        else (
            stored_moment(_RECORD, f"{at}/servicePeriod", row.period_start).date(),
            stored_moment(_RECORD, f"{at}/servicePeriod", row.period_end).date(),
        ),
        billing_terms=read_stored(_RECORD, f"{at}/billingTerms", lambda: json.loads(row.billing_terms)),
    )
    found = read_stored(_RECORD, f"{at}/billingTerms", lambda: amount_violations([line]))
    if found:
        raise broken(_RECORD, at + found[0].pointer.removeprefix("/lines/0"))
    return line


def _decimal(member: str, text: str) -> Decimal:
    number = read_stored(_RECORD, member, lambda: Decimal(text))
    if not number.is_finite():
        raise broken(_RECORD, member)
    return number


def _quote_values(quote: Quote) -> Mapping[str, Any]:
    content = quote.content
    return {
        "id": quote.id,
        "number": quote.number,
        "transaction_id": quote.transaction_id,
        "customer_id": content.customer_id,
        "legal_entity_id": content.legal_entity_id,
        "opportunity_id": content.opportunity_id,
        "purchase_order_ref": content.purchase_order_ref,
        "valid_until": content.valid_until.isoformat(),
        "status": str(quote.status),
        "revision": quote.revision,
        "version": quote.version,
        "in_v1": representable_in_v1(quote),
        "created_at": quote.created_at.isoformat(),
        "updated_at": quote.updated_at.isoformat(),
    }


def _line_values(quote_id: str, position: int, line: QuoteLine) -> Mapping[str, Any]:
    tax, period = line.tax_treatment, line.service_period
    return {
        "quote_id": quote_id,
        "position": position,
        "id": line.id,
        "service_item_id": line.service_item_id,
        "description": line.description,
        "legal_entity_id": line.legal_entity_id,
        "quantity": str(line.quantity.value),
        "unit_code": line.quantity.unit_code,
        "unit_price": str(line.unit_price.amount),
        "currency": line.unit_price.currency,
        "discount_percent": None if line.discount_percent is None else str(line.discount_percent),
        "tax_category": None if tax is None else tax.category,
        "tax_rate_percent": None if tax is None else str(tax.rate_percent),
        "tax_jurisdiction": None if tax is None else tax.jurisdiction,
        "period_start": None if period is None else period[0].isoformat(),
        "period_end": None if period is None else period[1].isoformat(),
        "billing_terms": json.dumps(line.billing_terms),
    }


def _approval_values(quote_id: str, position: int, approval: Approval) -> Mapping[str, Any]:
    return {
        "quote_id": quote_id,
        "position": position,
        "by": approval.by,
        "at": approval.at.isoformat(),
        "decision": approval.decision,
        "rule": approval.rule,
        "comment": approval.comment,
    }
