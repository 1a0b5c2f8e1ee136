"""Master data in its own database, filled from the packed files at each start."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, Row, String, Table, Text, delete, insert, select

from quote_to_cash.storage.database import Database
from quote_to_cash.storage.records import read_stored
from quote_to_cash.systems.master_data.model import MasterData, Record, TaxRule

SCHEMA_VERSION: Final = 1
_KINDS: Final = {"legal_entities": "legal entity", "service_items": "service item"}

_metadata = MetaData()


def _record_table(name: str) -> Table:
    return Table(
        name,
        _metadata,
        Column("id", String, primary_key=True),
        Column("sort_key", String, nullable=False, unique=True),
        Column("document", Text, nullable=False),
    )


_legal_entities = _record_table("legal_entities")
_service_items = _record_table("service_items")
_tax_rules = Table(
    "tax_rules",
    _metadata,
    Column("id", String, primary_key=True),
    Column("seller_entity_id", String, nullable=False, index=True),
    Column("buyer_country", String, nullable=False),
    Column("buyer_tax_status", String),
    Column("service_tax_class", String, nullable=False),
    Column("category", String, nullable=False),
    Column("rate_percent", String, nullable=False),
    Column("jurisdiction", String, nullable=False),
    Column("valid_from", String, nullable=False),
    Column("valid_to", String),
    Column("note", String, nullable=False),
)


class MasterDataStorage:
    """Master data over one SQLite file; the data given replace what the file held."""

    def __init__(self, path: Path, data: MasterData) -> None:
        self._database = Database(path, _metadata, SCHEMA_VERSION)
        with self._database.writing() as connection:
            for table in (_legal_entities, _service_items, _tax_rules):
                connection.execute(delete(table))
            _fill(connection, data)

    @contextmanager
    def reading(self) -> Iterator[StoredMasterData]:
        """A snapshot."""
        with self._database.reading() as connection:
            yield StoredMasterData(connection)

    def close(self) -> None:
        """Closes the database."""
        self._database.close()


class StoredMasterData:
    """Reads over a connection in a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def legal_entity(self, entity_id: str) -> Record | None:
        """The legal entity with this code."""
        return self._record(_legal_entities, entity_id)

    def legal_entities(self, after: str | None, count: int) -> Sequence[Record]:
        """At most ``count``, by code, those after the one with id ``after``."""
        return self._records(_legal_entities, after, count)

    def service_item(self, item_id: str) -> Record | None:
        """The service item with this id."""
        return self._record(_service_items, item_id)

    def service_items(self, after: str | None, count: int) -> Sequence[Record]:
        """At most ``count``, by code, those after the one with id ``after``."""
        return self._records(_service_items, after, count)

    def tax_rules(self, seller_entity_id: str) -> Sequence[TaxRule]:
        """All rules of a seller."""
        statement = select(_tax_rules).where(_tax_rules.c.seller_entity_id == seller_entity_id)
        rows = self._connection.execute(statement).all()
        return [read_stored("tax rule", "", partial(_rule, row)) for row in rows]

    def _record(self, table: Table, record_id: str) -> Record | None:
        row = self._connection.execute(select(table).where(table.c.id == record_id)).first()
        return None if row is None else _read(row, _KINDS[table.name])

    def _records(self, table: Table, after: str | None, count: int) -> Sequence[Record]:
        statement = select(table).order_by(table.c.sort_key).limit(count)
        if after is not None:
            start = select(table.c.sort_key).where(table.c.id == after).scalar_subquery()
            statement = statement.where(table.c.sort_key > start)
        return [_read(row, _KINDS[table.name]) for row in self._connection.execute(statement)]


def _fill(connection: Connection, data: MasterData) -> None:
    for table, records in ((_legal_entities, data.legal_entities), (_service_items, data.service_items)):
        rows = [
            {"id": record.id, "sort_key": record.sort_key, "document": json.dumps(record.document)}
            for record in records
        ]
        if rows:
            connection.execute(insert(table), rows)
    rules = [
        {
            "id": rule.id,
            "seller_entity_id": rule.seller_entity_id,
            "buyer_country": rule.buyer_country,
            "buyer_tax_status": rule.buyer_tax_status,
            "service_tax_class": rule.service_tax_class,
            "category": rule.category,
            "rate_percent": rule.rate_percent,
            "jurisdiction": rule.jurisdiction,
            "valid_from": rule.valid_from.isoformat(),
            "valid_to": None if rule.valid_to is None else rule.valid_to.isoformat(),
            "note": rule.note,
        }
        for rule in data.tax_rules
    ]
    if rules:
        connection.execute(insert(_tax_rules), rules)


def _read(row: Row[Any], kind: str) -> Record:
    return Record(row.id, row.sort_key, read_stored(kind, "document", lambda: json.loads(row.document)))


def _rule(row: Row[Any]) -> TaxRule:
    return TaxRule(
        id=row.id,
        seller_entity_id=row.seller_entity_id,
        buyer_country=row.buyer_country,
        buyer_tax_status=row.buyer_tax_status,
        service_tax_class=row.service_tax_class,
        category=row.category,
        rate_percent=row.rate_percent,
        jurisdiction=row.jurisdiction,
        valid_from=date.fromisoformat(row.valid_from),
        valid_to=None if row.valid_to is None else date.fromisoformat(row.valid_to),
        note=row.note,
    )
