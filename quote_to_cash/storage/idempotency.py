"""The table of idempotency records, written in the transaction of the write each one protects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, Index, Integer, MetaData, String, Table, Text, delete, select
from sqlalchemy.dialects.sqlite import insert

from quote_to_cash.config import IDEMPOTENCY_PURGE_ROWS_MAX, IDEMPOTENCY_RECORD_TTL_S
from quote_to_cash.exchange import Answer, Clock
from quote_to_cash.idempotency import IdempotencyKey, StoredAnswer


def idempotency_table(metadata: MetaData) -> Table:
    """The table within a service's schema."""
    table = Table(
        "idempotency_records",
        metadata,
        Column("client", String, primary_key=True),
        Column("operation", String, primary_key=True),
        Column("key", String, primary_key=True),
        Column("fingerprint", String, nullable=False),
        Column("status", Integer, nullable=False),
        Column("headers", Text, nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", String, nullable=False),
    )
    Index("idempotency_records_created_at", table.c.created_at)
    return table


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """``KeptAnswers`` in that table, over a connection in a transaction."""

    connection: Connection
    table: Table
    now: Clock

    def find(self, key: IdempotencyKey) -> StoredAnswer | None:
        """The record that has not expired."""
        table = self.table
        row = self.connection.execute(
            select(table.c.fingerprint, table.c.status, table.c.headers, table.c.body).where(
                table.c.client == key.client,
                table.c.operation == key.operation,
                table.c.key == key.key,
                table.c.created_at >= _cutoff(self.now()),
            )
        ).first()
        if row is None:
            return None
        return StoredAnswer(
            row.fingerprint, Answer(row.status, json.loads(row.body), json.loads(row.headers))
        )

    def keep(self, key: IdempotencyKey, answer: Answer) -> None:
        """Keeps the record in place of an expired one, and clears some other expired ones away."""
        table, now = self.table, self.now()
        self._clear(_cutoff(now))
        values = {
            "fingerprint": key.fingerprint,
            "status": answer.status,
            "headers": json.dumps(dict(answer.headers)),
            "body": json.dumps(answer.body),
            "created_at": now.isoformat(),
        }
        statement = insert(table).values(client=key.client, operation=key.operation, key=key.key, **values)
        self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.client, table.c.operation, table.c.key], set_=values
            )
        )

    def _clear(self, cutoff: str) -> None:
        table = self.table
        expired = (
            select(table.c.client, table.c.operation, table.c.key)
            .where(table.c.created_at < cutoff)
            .limit(IDEMPOTENCY_PURGE_ROWS_MAX)
        )
        for row in self.connection.execute(expired).all():
            self.connection.execute(
                delete(table).where(
                    table.c.client == row.client, table.c.operation == row.operation, table.c.key == row.key
                )
            )


def _cutoff(now: datetime) -> str:
    return (now - timedelta(seconds=IDEMPOTENCY_RECORD_TTL_S)).isoformat()
