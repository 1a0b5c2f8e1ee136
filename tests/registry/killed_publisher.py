"""Publishes three contracts at once and waits to be killed when the second is half written.

Run as a program with the database's URL; `whole` after it lets it end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from registry.config import RegistryConfig
from registry.model import Actor, ClientKind, Submission, SubmittedDocument
from registry.serve import default_artifact_reader, default_joiner, default_schema_judge, open_store
from registry.storage.catalog import SqlCatalog
from registry.storage.store import SqlStore
from registry.usecases.bulk import publish_all
from registry.usecases.services import Services
from tests.registry.harness import FakeClock, FakeReader, contract, fake_judge

TEXTS = [contract(name) for name in ("invoices", "orders", "payments")]


@dataclass(frozen=True, slots=True)
class StoppingStore:
    """The store, which stops for ever within the second version of a transaction."""

    store: SqlStore

    def reading(self) -> Any:
        return self.store.reading()

    @contextmanager
    def writing(self) -> Iterator[Any]:
        with self.store.writing() as transaction:
            yield replace(transaction, catalog=StoppingCatalog(transaction.catalog))


class StoppingCatalog:
    """The catalog, whose second version is the last thing that is written."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self._catalog = catalog
        self._versions = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def add_version(self, *arguments: Any) -> None:
        self._catalog.add_version(*arguments)
        self._versions += 1
        if self._versions == 2:
            print("written", flush=True)
            time.sleep(60)


def main(database_url: str, *, whole: bool) -> None:
    """Publishes them as the owner."""
    store = open_store(RegistryConfig(database_url))
    services = Services(
        store=store if whole else StoppingStore(store),
        reader=FakeReader(),
        judge=fake_judge,
        clock=FakeClock(),
        schema_judge=default_schema_judge(),
        artifact_reader=default_artifact_reader(),
        joiner=default_joiner(RegistryConfig(database_url).reports),
    )
    actor = Actor("erp-client", ClientKind.TEAM, "erp-team", "request-1")
    submissions = [Submission(SubmittedDocument("a.json", text.encode())) for text in TEXTS]
    for one in publish_all(services, actor, submissions, dry_run=False):
        print(one.version.version.contract, one.created, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], whole="whole" in sys.argv)
