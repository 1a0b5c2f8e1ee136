"""Writes alone and in a group, and says so each time it would answer; run under a tracer of system calls."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from registry.config import RegistryConfig
from registry.model import Team
from registry.serve import open_store
from registry.storage.store import SqlStore
from tests.registry.harness import START

GROUP = 4


def main(database_url: str) -> None:
    """One write, then four that wait for each other."""
    store = open_store(RegistryConfig(database_url))
    add(store, "alone")
    begun, go_on = threading.Event(), threading.Event()
    assert store.group is not None
    with ThreadPoolExecutor(GROUP) as pool:
        first = pool.submit(add, store, "first", begun, go_on)
        begun.wait()
        others = [pool.submit(add, store, f"other-{number}") for number in range(GROUP - 1)]
        while store.group.waiting() < GROUP - 1:
            begun.wait()
        go_on.set()
        for one in (first, *others):
            one.result()
    store.engine.dispose()


def add(
    store: SqlStore, name: str, begun: threading.Event | None = None, go_on: threading.Event | None = None
) -> None:
    """Writes a team and answers."""
    with store.writing() as transaction:
        transaction.parties.add_team(Team(name, name, START))
        if begun is not None and go_on is not None:
            begun.set()
            go_on.wait()
    print(f"answered {name}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
