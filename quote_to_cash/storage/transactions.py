"""A service's transactions over its own database: each yields a unit of work on one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from sqlalchemy import Connection

from quote_to_cash.storage.database import Database

UnitT = TypeVar("UnitT")


class StoredTransactions(Generic[UnitT]):
    """``Transactions`` over one SQLite file; ``unit`` makes the service's unit of work on a connection."""

    def __init__(self, database: Database, unit: Callable[[Connection], UnitT]) -> None:
        self._database = database
        self._unit = unit

    @contextmanager
    def read(self) -> Iterator[UnitT]:
        """A snapshot."""
        with self._database.reading() as connection:
            yield self._unit(connection)

    @contextmanager
    def write(self) -> Iterator[UnitT]:
        """The write lock, committed at the end."""
        with self._database.writing() as connection:
            yield self._unit(connection)

    def close(self) -> None:
        """Closes the database."""
        self._database.close()
