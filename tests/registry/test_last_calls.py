"""Last calls: brought along from the usage of an older database, and forgotten with it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from alembic import command
from sqlalchemy import select

from registry.config import RegistryConfig
from registry.serve import open_store
from registry.storage import tables
from registry.storage.engine import migrations, open_engine
from registry.storage.store import SqlStore
from tests.registry.harness import START

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BEFORE = "0010"


def test_an_older_database_brings_its_last_calls_along(database_url: str) -> None:
    engine = open_engine(database_url, connections=2, busy_timeout_ms=1_000)
    with engine.connect().execution_options(registry_writing=True) as connection, connection.begin():
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
        common = {"contract": "orders", "operation": "GET /x", "calls": 1, "first_seen": AT}
        rows = [
            {"consumer": "a", "version": "1.0.0", "status": 200, "last_seen": AT},
            {"consumer": "a", "version": "1.12.0", "status": 404, "last_seen": AT.replace(hour=5)},
            {"consumer": "a", "version": "12.0.0", "status": 200, "last_seen": AT.replace(hour=4)},
            {"consumer": "a", "version": "1.0.0", "status": 429, "last_seen": AT.replace(hour=6)},
            {"consumer": "b", "version": "1.0.0", "status": 410, "last_seen": AT},
        ]
        connection.execute(
            tables.usage.insert(), [{**common, **row, "day": date(2026, 1, 2)} for row in rows]
        )
    engine.dispose()

    store = open_store(RegistryConfig(database_url))
    found = last_calls(store)
    store.engine.dispose()

    assert found == [("a", 1, AT.replace(hour=5)), ("a", 12, AT.replace(hour=4))]


def test_last_calls_of_forgotten_days_are_forgotten(store: SqlStore) -> None:
    with store.writing() as transaction:
        rows = [
            {"consumer": name, "contract": "orders", "major": 1, "last_seen": at}
            for name, at in (("old", AT), ("new", START))
        ]
        transaction.connection.execute(tables.last_calls.insert(), rows)

        transaction.traffic.forget_usage(START.date(), 10, 10)

    assert last_calls(store) == [("new", 1, START)]


def last_calls(store: SqlStore) -> list[tuple[str, int, datetime]]:
    table = tables.last_calls.c
    query = select(table.consumer, table.major, table.last_seen).order_by(table.consumer, table.major)
    with store.reading() as transaction:
        return [(consumer, major, at) for consumer, major, at in transaction.connection.execute(query)]
