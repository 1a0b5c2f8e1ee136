"""The store with its transactions."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from registry.model.access import Sight
from registry.ports.accounts import Accounts
from registry.ports.artifacts import Artifacts
from registry.ports.audit import AuditLog
from registry.ports.canonical import CanonicalSchemas
from registry.ports.catalog import Catalog
from registry.ports.changes import Changes
from registry.ports.clients import Clients
from registry.ports.discovery import Discovery
from registry.ports.domains import Domains
from registry.ports.environments import Environments
from registry.ports.grants import Grants
from registry.ports.graph import GraphSource
from registry.ports.parties import Parties
from registry.ports.plans import Inbox, Plans
from registry.ports.reports import Reports
from registry.ports.schemas import Schemas
from registry.ports.security import Security
from registry.ports.traffic import Traffic
from registry.ports.webhooks import Deliveries, Webhooks


class Transaction(Protocol):
    """One view of the store; a writing one is applied as a whole when it ends, or not at all.

    What its sight does not reach is not there, for reading and for changing.
    """

    @property
    def sight(self) -> Sight: ...
    @property
    def whole(self) -> Transaction:
        """The same transaction, seeing everything: for what the registry itself has to know."""

    @property
    def parties(self) -> Parties: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def traffic(self) -> Traffic: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def artifacts(self) -> Artifacts: ...
    @property
    def environments(self) -> Environments: ...
    @property
    def security(self) -> Security: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def discovery(self) -> Discovery: ...
    @property
    def graph(self) -> GraphSource: ...
    @property
    def domains(self) -> Domains: ...
    @property
    def schemas(self) -> Schemas: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def canonical(self) -> CanonicalSchemas: ...
    @property
    def log(self) -> AuditLog: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def inbox(self) -> Inbox: ...
    def revision(self) -> int:
        """Counts the changes that gateways must learn of."""

    def advance_revision(self) -> None: ...


class Store(Protocol):
    """Where the registry keeps everything; raises `registry.errors.Contention` when two writers collide."""

    def seen_by(self, sight: Sight) -> Store:
        """The same store as far as a caller may see it."""

    def reading(self) -> AbstractContextManager[Transaction]: ...
    def writing(self) -> AbstractContextManager[Transaction]: ...
