"""Publishes half of a version and then waits to be killed; run as a program with the database's URL."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

from registry.config import RegistryConfig
from registry.model import Contract, DocumentReference, SemanticVersion, Version
from registry.serve import open_store


def main(database_url: str) -> None:
    """Writes in a transaction that never ends."""
    store = open_store(RegistryConfig(database_url))
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
    main(sys.argv[1])
