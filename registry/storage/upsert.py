"""Insert-or-update, in the one spelling that SQLite and PostgreSQL share but SQLAlchemy keeps per dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Insert, Table, case
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table) -> Insert:
    """Inserts rows whose primary key is new and leaves the others as they are."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def insert_or_add(
    connection: Connection, table: Table, *, added: Sequence[str], earliest: str = "", latest: str = ""
) -> Insert:
    """Inserts rows; where the primary key exists, adds columns up and widens the span of two others."""
    statement: Any = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    new = statement.excluded
    changes: dict[str, ColumnElement[Any]] = {name: table.c[name] + new[name] for name in added}
    if earliest:
        changes[earliest] = smaller(table.c[earliest], new[earliest])
    if latest:
        changes[latest] = larger(table.c[latest], new[latest])
    inserted: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_=changes
    )
    return inserted


def insert_or_later(connection: Connection, table: Table, latest: str) -> Insert:
    """Inserts rows; where the primary key exists, keeps the later of one column."""
    statement: Any = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    inserted: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={latest: larger(table.c[latest], statement.excluded[latest])},
    )
    return inserted


def smaller(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The lesser of two; SQLite has no LEAST and PostgreSQL no two-place MIN."""
    return case((one < other, one), else_=other)


def larger(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[Any]:
    """The greater of two."""
    return case((one > other, one), else_=other)
