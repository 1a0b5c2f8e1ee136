"""Where OAuth clients and their secrets are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from registry.model import Client, ClientKind, ClientSecret


class Clients(Protocol):
    """Clients that are not withdrawn, each with its secrets that are not."""

    def add(self, client: Client) -> None: ...
    def client(self, client_id: str) -> Client | None: ...
    def clients_of(self, kind: ClientKind, party: str) -> list[Client]:
        """The oldest first."""

    def withdraw(self, client_id: str, at: datetime) -> bool: ...
    def lock(self, client_id: str) -> None:
        """Until the transaction ends, nobody else adds a secret to the client."""

    def add_secret(self, client_id: str, secret: ClientSecret) -> None: ...
    def withdraw_secret(self, client_id: str, secret_id: str, at: datetime) -> bool: ...
    def secret_used(self, secret_id: str, at: datetime, unless_since: datetime) -> None:
        """Notes the use, unless one that is late enough is noted."""
