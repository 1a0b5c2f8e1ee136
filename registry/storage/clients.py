"""Clients with their secrets in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from registry.model import Client, ClientKind, ClientSecret
from registry.storage import tables

CLIENTS = tables.clients.c
SECRETS = tables.client_secrets.c


@dataclass(frozen=True, slots=True)
class SqlClients:
    """Clients over one connection."""

    connection: Connection

    def add(self, client: Client) -> None:
        self.connection.execute(
            insert(tables.clients).values(
                client_id=client.client_id,
                kind=client.kind.value,
                party=client.party,
                scopes=list(client.scopes),
                created_at=client.created_at,
            )
        )
        for secret in client.secrets:
            self.add_secret(client.client_id, secret)

    def client(self, client_id: str) -> Client | None:
        query = select(tables.clients).where(CLIENTS.client_id == client_id, CLIENTS.withdrawn_at.is_(None))
        found = self._with_secrets(self.connection.execute(query).all())
        return found[0] if found else None

    def clients_of(self, kind: ClientKind, party: str) -> list[Client]:
        """Those that are not withdrawn, the oldest first."""
        query = select(tables.clients).where(
            CLIENTS.kind == kind.value, CLIENTS.party == party, CLIENTS.withdrawn_at.is_(None)
        )
        order = (CLIENTS.created_at, CLIENTS.client_id)
        return self._with_secrets(self.connection.execute(query.order_by(*order)).all())

    def _with_secrets(self, rows: Sequence[Row[Any]]) -> list[Client]:
        query = select(tables.client_secrets).where(
            SECRETS.client_id.in_([row.client_id for row in rows]), SECRETS.withdrawn_at.is_(None)
        )
        secrets: dict[str, tuple[ClientSecret, ...]] = {}
        for one in self.connection.execute(query.order_by(SECRETS.created_at, SECRETS.id)):
            secret = ClientSecret(one.id, one.secret_hash, one.created_at, one.expires_at, one.last_used_at)
            secrets[one.client_id] = (*secrets.get(one.client_id, ()), secret)
        return [
            Client(
                row.client_id,
                ClientKind(row.kind),
                row.party,
                secrets.get(row.client_id, ()),
                tuple(row.scopes),
                row.created_at,
            )
            for row in rows
        ]

    def withdraw(self, client_id: str, at: datetime) -> bool:
        statement = update(tables.clients).where(
            CLIENTS.client_id == client_id, CLIENTS.withdrawn_at.is_(None)
        )
        return self.connection.execute(statement.values(withdrawn_at=at)).rowcount == 1

    def lock(self, client_id: str) -> None:
        """Until the transaction ends, nobody else adds a secret to the client."""
        statement = update(tables.clients).where(CLIENTS.client_id == client_id)
        self.connection.execute(statement.values(client_id=CLIENTS.client_id))

    def add_secret(self, client_id: str, secret: ClientSecret) -> None:
        values = asdict(secret) | {"client_id": client_id}
        self.connection.execute(insert(tables.client_secrets).values(values))

    def withdraw_secret(self, client_id: str, secret_id: str, at: datetime) -> bool:
        statement = update(tables.client_secrets).where(
            SECRETS.id == secret_id, SECRETS.client_id == client_id, SECRETS.withdrawn_at.is_(None)
        )
        return self.connection.execute(statement.values(withdrawn_at=at)).rowcount == 1

    def secret_used(self, secret_id: str, at: datetime, unless_since: datetime) -> None:
        """Notes the use, unless one that is late enough is noted."""
        earlier = or_(SECRETS.last_used_at.is_(None), SECRETS.last_used_at < unless_since)
        statement = update(tables.client_secrets).where(SECRETS.id == secret_id, earlier)
        self.connection.execute(statement.values(last_used_at=at))
