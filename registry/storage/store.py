"""The store: transactions on one engine, with the parts of the registry on each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from registry.errors import Contention
from registry.storage import tables
from registry.storage.accounts import SqlAccounts
from registry.storage.audit import SqlAuditLog
from registry.storage.catalog import SqlCatalog
from registry.storage.changes import SqlChanges
from registry.storage.discovery import SqlDiscovery
from registry.storage.domains import SqlDomains
from registry.storage.engine import WRITING
from registry.storage.environments import SqlEnvironments
from registry.storage.graph import SqlGraph
from registry.storage.parties import SqlParties
from registry.storage.schemas import SqlSchemas
from registry.storage.security import SqlSecurity
from registry.storage.traffic import SqlTraffic


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """The parts over one connection."""

    connection: Connection
    parties: SqlParties
    catalog: SqlCatalog
    traffic: SqlTraffic
    security: SqlSecurity
    accounts: SqlAccounts
    discovery: SqlDiscovery
    changes: SqlChanges
    graph: SqlGraph
    domains: SqlDomains
    schemas: SqlSchemas
    environments: SqlEnvironments
    log: SqlAuditLog

    def revision(self) -> int:
        """Counts the changes that gateways must learn of."""
        revision: int = self.connection.execute(select(tables.state.c.revision)).scalar_one()
        return revision

    def advance_revision(self) -> None:
        """Last in a transaction: the row is locked from here to its end."""
        self.connection.execute(update(tables.state).values(revision=tables.state.c.revision + 1))


@dataclass(frozen=True, slots=True)
class SqlStore:
    """Transactions on an engine whose schema is current."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """A view of one moment, whatever is written meanwhile."""
        # SQLite's WAL gives each transaction one moment; PostgreSQL does when asked.
        options = {"isolation_level": "REPEATABLE READ"} if self.engine.name == "postgresql" else {}
        with self.engine.connect().execution_options(**options) as connection:
            yield transaction(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlTransaction]:
        """Applied as a whole when the block ends; not at all when it raises."""
        try:
            with (
                self.engine.connect().execution_options(**{WRITING: True}) as connection,
                connection.begin(),
            ):
                opened = transaction(connection)
                yield opened
                opened.log.write_pending()
        except IntegrityError:
            raise Contention("write_conflict", "Another request changed the same thing first.") from None
        except OperationalError as error:
            if not is_contention(error):
                raise
            raise Contention("write_conflict", "The database is busy with other writes.") from None


def transaction(connection: Connection) -> SqlTransaction:
    """The parts over a connection."""
    log = SqlAuditLog(connection)
    return SqlTransaction(
        connection,
        SqlParties(connection),
        SqlCatalog(connection),
        SqlTraffic(connection),
        SqlSecurity(connection, log),
        SqlAccounts(connection),
        SqlDiscovery(connection),
        SqlChanges(connection),
        SqlGraph(connection),
        SqlDomains(connection),
        SqlSchemas(connection),
        SqlEnvironments(connection),
        log,
    )


def is_contention(error: OperationalError) -> bool:
    """Whether another writer stood in the way: SQLite's busy, PostgreSQL's 40001, 40P01, 55P03."""
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code in ("40001", "40P01", "55P03")
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
