"""The store: transactions on one engine, with the parts of the registry on each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.accounts import SqlAccounts
from registry.storage.artifacts import SqlArtifacts
from registry.storage.audit import SqlAuditLog
from registry.storage.canonical import SqlCanonicalSchemas
from registry.storage.catalog import SqlCatalog
from registry.storage.changes import SqlChanges
from registry.storage.clients import SqlClients
from registry.storage.deliveries import SqlDeliveries
from registry.storage.discovery import SqlDiscovery
from registry.storage.domains import SqlDomains
from registry.storage.environments import SqlEnvironments
from registry.storage.failures import translated
from registry.storage.grants import SqlGrants
from registry.storage.graph import SqlGraph
from registry.storage.group_commit import GroupCommit
from registry.storage.inbox import SqlInbox
from registry.storage.parties import SqlParties
from registry.storage.plans import SqlPlans
from registry.storage.reports import SqlReports
from registry.storage.schemas import SqlSchemas
from registry.storage.security import SqlSecurity
from registry.storage.traffic import SqlTraffic
from registry.storage.webhooks import SqlWebhooks


@dataclass(frozen=True, slots=True)
class SqlTransaction:
    """The parts over one connection, as far as ``sight`` reaches."""

    connection: Connection
    sight: Sight
    parties: SqlParties
    clients: SqlClients
    grants: SqlGrants
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
    artifacts: SqlArtifacts
    reports: SqlReports
    canonical: SqlCanonicalSchemas
    log: SqlAuditLog
    webhooks: SqlWebhooks
    deliveries: SqlDeliveries
    plans: SqlPlans
    inbox: SqlInbox

    @property
    def whole(self) -> SqlTransaction:
        """The same transaction, seeing everything: for what the registry itself has to know."""
        if self.sight == EVERYTHING:
            return self
        return transaction(self.connection, EVERYTHING, self.log)

    def revision(self) -> int:
        """Counts the changes that gateways must learn of."""
        revision: int = self.connection.execute(select(tables.state.c.revision)).scalar_one()
        return revision

    def advance_revision(self) -> None:
        """Last in a transaction: the row is locked from here to its end."""
        self.connection.execute(update(tables.state).values(revision=tables.state.c.revision + 1))


@dataclass(frozen=True, slots=True)
class SqlStore:
    """Transactions on an engine whose schema is current; they show what ``sight`` reaches."""

    engine: Engine
    group: GroupCommit | None = None
    """How writers share commits on SQLite; PostgreSQL does that by itself."""
    sight: Sight = EVERYTHING

    def seen_by(self, sight: Sight) -> SqlStore:
        """The same store as somebody else sees it."""
        return SqlStore(self.engine, self.group, sight)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """A view of one moment, whatever is written meanwhile."""
        # SQLite's WAL gives each transaction one moment; PostgreSQL does when asked.
        options = {"isolation_level": "REPEATABLE READ"} if self.engine.name == "postgresql" else {}
        with translated(), self.engine.connect().execution_options(**options) as connection:
            yield transaction(connection, self.sight)

    @contextmanager
    def writing(self) -> Iterator[SqlTransaction]:
        """Applied as a whole, and on the disk, when the block ends; not at all when it raises."""
        with translated(), self._write() as connection:
            opened = transaction(connection, self.sight)
            yield opened
            opened.log.write_pending()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        if self.group is not None:
            with self.group.write() as connection:
                yield connection
            return
        with self.engine.connect() as connection, connection.begin():
            yield connection


def transaction(
    connection: Connection, sight: Sight = EVERYTHING, appended: SqlAuditLog | None = None
) -> SqlTransaction:
    """The parts over a connection; entries go to the log of ``appended`` where there is one already."""
    log = SqlAuditLog(connection, sight, pending=appended.pending if appended else [])
    return SqlTransaction(
        connection,
        sight,
        SqlParties(connection, sight),
        SqlClients(connection),
        SqlGrants(connection),
        SqlCatalog(connection, sight),
        SqlTraffic(connection, sight),
        SqlSecurity(connection, log),
        SqlAccounts(connection),
        SqlDiscovery(connection, sight),
        SqlChanges(connection, sight),
        SqlGraph(connection, sight),
        SqlDomains(connection, sight),
        SqlSchemas(connection, sight),
        SqlEnvironments(connection, sight),
        SqlArtifacts(connection, sight),
        SqlReports(connection),
        SqlCanonicalSchemas(connection, sight),
        log,
        SqlWebhooks(connection),
        SqlDeliveries(connection),
        SqlPlans(connection, sight),
        SqlInbox(connection, sight),
    )
