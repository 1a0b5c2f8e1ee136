"""Opens the database and brings its schema to the revision this release knows."""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from registry.errors import SetupError

WRITING = "registry_writing"
"""Execution option: this connection is going to write."""


def open_engine(
    database_url: str, *, connections: int, busy_timeout_ms: int, connect_timeout_s: int = 5
) -> Engine:
    """An engine of at most ``connections`` connections; raises `SetupError` for a URL that cannot be used.

    Nothing is opened or made yet.
    """
    try:
        url = make_url(database_url)
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise SetupError(
                "database_unsupported",
                f"{url.get_backend_name()} is not supported; use sqlite:///path or postgresql+psycopg://...",
            )
        if url.get_backend_name() == "postgresql" and "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": str(connect_timeout_s)})
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=connect_timeout_s,
            pool_pre_ping=True,
        )
    except ImportError as error:
        raise SetupError(
            "database_driver_missing",
            f"The database's driver is not installed: {error}. Run `pip install 'pactolus[postgres]'`, and "
            "write the URL as postgresql+psycopg://user@host/name.",
        ) from None
    except (ArgumentError, NoSuchModuleError) as error:
        raise SetupError("database_url_invalid", f"The database URL cannot be used: {error}.") from None
    if url.get_backend_name() == "sqlite":
        require_file(url.database)
        prepare_sqlite(engine, busy_timeout_ms)
    return engine


def require_file(path: str | None) -> None:
    """Refuses an SQLite URL that names no file of its own."""
    if path is None or path in ("", ":memory:") or path.startswith("file:"):
        raise SetupError("database_url_invalid", "The registry needs a database file, as in sqlite:///path.")


def create_private_file(engine: Engine) -> None:
    """Creates an SQLite file readable by its owner alone: it holds the key that signs tokens."""
    if engine.name != "sqlite":
        return
    path = Path(engine.url.database or "")
    try:
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        raise SetupError("database_unusable", f"Cannot create {path}: {error.strerror}.") from None


def prepare_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    """Write-ahead log, each commit on the disk before it returns, foreign keys, and transactions that begin
    where we say.

    A transaction that will write takes the write lock when it begins (BEGIN IMMEDIATE): one that reads first
    and writes later would fail with "database is locked" instead of waiting.
    """

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={int(busy_timeout_ms)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def migrations() -> Config:
    """Alembic's configuration for the migrations packed with this package."""
    config = Config()
    config.set_main_option("script_location", str(files("registry.storage") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine) -> None:
    """Creates the schema or moves it forward; refuses a database that another release has moved further."""
    config = migrations()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    try:
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            current = set(MigrationContext.configure(connection).get_current_heads())
            if current - known:
                raise SetupError(
                    "database_revision_unknown",
                    f"The database is at schema revision {', '.join(sorted(current))}, which this release "
                    "does not know: a later one has used it. Start that one, or choose another database.",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise SetupError("database_unusable", f"The database cannot be used: {error.orig}.") from None
