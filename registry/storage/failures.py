"""What a database's errors mean to who asked: come again, or make room first. Other errors are defects.

The client may repeat what it sent in either case: a transaction is there as a whole or not at all, and what
was stored although its answer was lost is answered as it would have been.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.errors import Contention, RegistryError, StorageFull, StoreUnavailable

LOG = logging.getLogger("registry.storage")
CONTENTION = ("40001", "40P01", "55P03")
"""Serialization failure, deadlock, lock not available (PostgreSQL, appendix A)."""
FULL = ("53100",)
AWAY = ("08", "53", "57", "25006")
"""Connections, resources, operator intervention, and a standby that takes no writes."""
SQLITE_CONTENTION = ("SQLITE_BUSY", "SQLITE_LOCKED")
SQLITE_AWAY = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PROTOCOL")


@contextmanager
def translated() -> Iterator[None]:
    """Raises the registry's own errors instead of the database's, where they are no defects."""
    try:
        yield
    except SQLAlchemyError as error:
        meaning = meaning_of(error)
        if meaning is None:
            raise
        if not isinstance(meaning, Contention):
            LOG.error(
                "the database cannot be used: %s", error.orig if isinstance(error, DBAPIError) else error
            )
        raise meaning from None


def meaning_of(error: SQLAlchemyError) -> RegistryError | None:
    """The refusal, or None for a defect."""
    if isinstance(error, IntegrityError):
        return Contention("write_conflict", "Another request changed the same thing first.")
    if isinstance(error, PoolTimeout):
        return unavailable()
    if not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return meaning_of_code(state, CONTENTION, FULL, AWAY)
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return meaning_of_code(name, SQLITE_CONTENTION, ("SQLITE_FULL",), SQLITE_AWAY)
    # psycopg has no state for a server that it cannot reach, or lost.
    return unavailable() if error.connection_invalidated or is_unreachable(error) else None


def meaning_of_code(
    code: str, contention: tuple[str, ...], full: tuple[str, ...], away: tuple[str, ...]
) -> RegistryError | None:
    """By how the code begins."""
    if code.startswith(contention):
        return Contention("write_conflict", "The database is busy with other writes.")
    if code.startswith(full):
        return StorageFull("storage_full", "The registry's disk is full: nothing was stored.")
    return unavailable() if code.startswith(away) else None


def is_unreachable(error: DBAPIError) -> bool:
    """Whether psycopg failed before the server could say anything."""
    return type(error.orig).__module__.startswith("psycopg") and type(error.orig).__name__ in (
        "OperationalError",
        "ConnectionTimeout",
    )


def unavailable() -> StoreUnavailable:
    """The refusal that asks to come again."""
    return StoreUnavailable("store_unavailable", "The registry's database does not answer; try again.")
