"""Publishes half of a version and then waits to be killed; run as a program with the database's URL."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from registry.config import RegistryConfig
from registry.model import Contract, DocumentReference, SemanticVersion, Team, Version
from registry.serve import open_store
from registry.storage.store import SqlStore


def main(database_url: str, company: str = "") -> None:
    """Writes in a transaction that never ends; in company, after another writer has left it."""
    store = open_store(RegistryConfig(database_url))
    if not company:
        publish_half(store)
        return
    assert store.group is not None
    begun, go_on = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        pool.submit(add_team, store, begun, go_on)
        begun.wait()
        half = pool.submit(publish_half, store)
        while not store.group.waiting():
            pass
        go_on.set()
        half.result()


def add_team(store: SqlStore, begun: threading.Event, go_on: threading.Event) -> None:
    """Is done with its part of the transaction when it is told to go on; it never gets to the answer."""
    with store.writing() as transaction:
        transaction.parties.add_team(Team("crm-team", "CRM", datetime.now(UTC)))
        begun.set()
        go_on.wait()
    print("answered", flush=True)


def publish_half(store: SqlStore) -> None:
    """Waits to be killed with the transaction open."""
    with store.writing() as transaction:
        transaction.catalog.add_contract(
            Contract("orders", "id", "openapi", "t", "system", "d", "erp-team", "a", 1)
        )
        digest = "a" * 64
        version = Version(
            "orders",
            SemanticVersion(1, 0, 0),
            digest,
            digest,
            digest,
            "erp-team",
            datetime.now(UTC),
            "client",
            None,
            DocumentReference("orders.yaml", digest),
        )
        transaction.catalog.add_version(version, {digest: b"half"})
        transaction.advance_revision()
        print("written", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
