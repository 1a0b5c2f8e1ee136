"""Looks at a database before anything is written to it: whose is it, and does it hold a registry?"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.exc import DBAPIError

from registry.errors import SetupError, not_initialised
from registry.storage.engine import create_private_file

REVISIONS = "alembic_version"
"""Alembic's own table; many programs have one, so that alone says nothing."""
MARKS = {REVISIONS, "state", "signing_keys"}
"""Tables that every revision of the registry has."""
FORMAT_BYTES = slice(18, 20)
"""The write and read version in the file's header; both 2 with a write-ahead log (SQLite format, 1.3)."""

Look = Callable[[Engine, int], None]
"""Refuses a database or lets it pass; the number is how long to wait for one in use, in milliseconds."""


class Holding(StrEnum):
    """What a database holds."""

    NOTHING = "nothing"
    REGISTRY = "registry"
    OTHER = "other"


def require_registry(engine: Engine, busy_timeout_ms: int) -> None:
    """Raises `SetupError` unless the database holds the tables of a registry; writes nothing."""
    if holding(engine, busy_timeout_ms) is Holding.NOTHING:
        raise not_initialised()


def prepare_empty(engine: Engine, busy_timeout_ms: int) -> None:
    """Makes the file where there is none; raises `SetupError`, with nothing written, when it is not ours."""
    holding(engine, busy_timeout_ms)
    create_private_file(engine)


def holding(engine: Engine, busy_timeout_ms: int) -> Holding:
    """Nothing or a registry; raises `SetupError` for another program's database and an unusable one."""
    try:
        if engine.name == "sqlite":
            found = tables_in_file(Path(engine.url.database or ""), busy_timeout_ms)
        else:
            with engine.connect() as connection:
                found = set(inspect(connection).get_table_names())
    except DBAPIError as error:
        raise SetupError("database_unusable", f"The database cannot be used: {error.orig}.") from None
    held = kind_of(found)
    if held is Holding.OTHER:
        raise SetupError(
            "database_foreign",
            "The database holds the tables of another program and was left as it is; choose another one.",
        )
    return held


def kind_of(tables: set[str]) -> Holding:
    """What a database with these tables holds."""
    if tables >= MARKS:
        return Holding.REGISTRY
    return Holding.OTHER if tables - {REVISIONS} else Holding.NOTHING


def tables_in_file(path: Path, busy_timeout_ms: int) -> set[str]:
    """Names of the tables and views in an SQLite file; none when there is no file."""
    if not path.parent.is_dir():
        raise SetupError(
            "database_unreachable", f"The folder {path.parent} does not exist; make it, or name another."
        )
    if not path.exists():
        return set()
    try:
        address = f"{path.absolute().as_uri()}?mode=ro{unchanging(path)}"
        with closing(sqlite3.connect(address, uri=True, timeout=busy_timeout_ms / 1_000)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            return {name for (name,) in names if not name.startswith("sqlite_")}
    except (OSError, sqlite3.Error) as error:
        raise SetupError("database_unusable", f"The database {path} cannot be used: {error}.") from None


def unchanging(path: Path) -> str:
    """``&immutable=1`` for a file with a write-ahead log that nobody has open.

    Even a reader would make the log's files anew; where there is no log, the file itself is all there is.
    """
    with path.open("rb") as file:
        logged = file.read(FORMAT_BYTES.stop)[FORMAT_BYTES] == b"\x02\x02"
    return "&immutable=1" if logged and not path.with_name(f"{path.name}-wal").exists() else ""
