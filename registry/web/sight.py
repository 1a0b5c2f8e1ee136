"""The store as the caller of the request in hand sees it: handlers and pages are given this one only.

So a list that somebody adds shows what its caller may see without being told to. Outside of a request, and in
one whose caller is not known, there is nothing to see.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import g, has_request_context, request

from registry.model import Contract, Sight
from registry.model.access import NOTHING, OPEN_AUDIENCES
from registry.ports import Store, Transaction
from registry.usecases.services import Services

FRESH = timedelta(seconds=1)
"""How old the knowledge of who may see what is when bytes are served from memory."""


@dataclass(frozen=True, slots=True)
class RequestStore:
    """The store behind it, seen by whoever asks."""

    store: Store

    def reading(self) -> AbstractContextManager[Transaction]:
        return self.store.seen_by(sight_in_hand()).reading()

    def writing(self) -> AbstractContextManager[Transaction]:
        return self.store.seen_by(sight_in_hand()).writing()

    def seen_by(self, sight: Sight) -> Store:
        return self.store.seen_by(sight)


def as_seen(services: Services) -> Services:
    """The services for handlers and pages."""
    return replace(services, store=RequestStore(services.store))


def sight_in_hand() -> Sight:
    """What the caller of the request in hand may see: by its token, or by who is signed in to the portal."""
    if not has_request_context():
        return NOTHING
    signed_in: Sight | None = g.get("sight")
    if signed_in is not None:
        return signed_in
    context = request.environ["asgi.scope"].get("extensions", {}).get("connexion_context", {})
    info = context.get("token_info")
    found: Sight = info["access"].sight if info else NOTHING
    return found


class Restricted:
    """Which contracts not everybody sees, in memory; read again when the registry's revision moved on."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._contracts: dict[str, Contract] = {}
        self._revision: int | None = None
        self._looked_at: datetime | None = None

    def is_fresh(self, now: datetime) -> bool:
        """Whether what is known is less than a second old."""
        return self._looked_at is not None and timedelta() <= now - self._looked_at <= FRESH

    def look(self) -> None:
        """Reads one row, and the contracts only when that one changed."""
        with self._lock, self._services.store.reading() as transaction:
            now = self._services.clock()
            revision = transaction.revision()
            if revision != self._revision:
                found = transaction.catalog.restricted(OPEN_AUDIENCES)
                self._contracts = {contract.name: contract for contract in found}
                self._revision = revision
            self._looked_at = now

    def sees(self, sight: Sight, contract: str) -> bool:
        """Whether a contract that is published is there for a known caller."""
        there = self._contracts.get(contract)
        return there is None or sight.sees(there)
