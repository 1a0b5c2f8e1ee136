"""A service's own SQLite database: WAL, one writer at a time, readers never blocked.

Write transactions begin IMMEDIATE, so two writers meet at the start and not in the middle (SQLite would
otherwise fail the upgrade of a read lock); a writer that waits too long is told to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError

from quote_to_cash.config import STORAGE_LOCK_WAIT_S
from quote_to_cash.errors import ConfigurationInvalid, StorageBusy

_WRITES = "quote_to_cash_writes"


class Database:
    """One SQLite file. ``schema_version`` must match what the file was created with."""

    def __init__(self, path: Path, metadata: MetaData, schema_version: int) -> None:
        self._engine = _open_engine(path)
        try:
            self._prepare(path, metadata, schema_version)
        except DatabaseError as error:
            self._engine.dispose()
            raise ConfigurationInvalid(f"{path} is not a usable SQLite database ({error.orig}).") from None
        except ConfigurationInvalid:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot of the database."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The write lock; commits at the end, rolls back on an exception. StorageBusy after the wait."""
        with self._engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            try:
                transaction = writer.begin()
            except OperationalError as error:
                raise StorageBusy("The database is busy; try again shortly.") from error
            with transaction:
                yield writer

    def _prepare(self, path: Path, metadata: MetaData, schema_version: int) -> None:
        with self.writing() as connection:
            found = connection.execute(text("PRAGMA user_version")).scalar_one()
            tables = connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one()
            if tables and found != schema_version:
                raise ConfigurationInvalid(
                    f"{path} was made by another version of this service (schema {found}, needed "
                    f"{schema_version}); move it away or remove it."
                )
            metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {int(schema_version)}"))


def _open_engine(path: Path) -> Engine:
    if not path.parent.is_dir():
        raise ConfigurationInvalid(f"The folder of the database {path} does not exist.")
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": STORAGE_LOCK_WAIT_S})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling would begin late; we begin (see below).
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
