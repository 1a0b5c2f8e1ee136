"""What gateways load: what is in force, whose it is, and which tokens do not count."""

from __future__ import annotations

from dataclasses import dataclass

from registry.model import Consumer, Contract, Lifecycle, RevokedToken, Version
from registry.usecases.services import Services

JSON_SCHEMA = "jsonschema"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a gateway enforces at one revision."""

    revision: int
    contracts: tuple[tuple[Contract, Version, Lifecycle], ...]
    consumers: tuple[Consumer, ...]
    revoked_tokens: tuple[RevokedToken, ...]


def current_revision(services: Services) -> int:
    """One row; what a gateway's poll costs when nothing changed."""
    with services.store.reading() as transaction:
        return transaction.revision()


def take_snapshot(services: Services) -> Snapshot:
    """Rows only; no document is read, let alone parsed. Canonical schemas have nothing to route."""
    now = int(services.clock().timestamp())
    with services.store.reading() as transaction:
        return Snapshot(
            revision=transaction.revision(),
            contracts=tuple(one for one in transaction.catalog.latest() if one[0].kind != JSON_SCHEMA),
            consumers=tuple(transaction.parties.consumers(None, None)),
            revoked_tokens=tuple(transaction.security.revoked(now, services.limits.revoked_tokens_max)),
        )
