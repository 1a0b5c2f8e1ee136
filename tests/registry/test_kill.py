"""A process that is killed while it publishes leaves nothing behind, and nobody waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from registry.config import RegistryConfig
from registry.model import KeyPurpose, Team
from registry.ports import CatalogFilter
from registry.serve import create_store, open_store
from registry.storage.store import SqlStore
from registry.vouching import new_key
from tests.registry.harness import START

PROGRAM = Path(__file__).parent / "killed_writer.py"


def test_a_kill_in_the_middle_of_a_publication_leaves_nothing(store: SqlStore, database_url: str) -> None:
    with store.reading() as transaction:
        before = transaction.revision()
    kill_when_written(database_url)

    assert_nothing_left(database_url, before)


def test_a_kill_takes_along_all_that_share_the_transaction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    store = create_store(RegistryConfig(url))
    with store.writing() as transaction:
        transaction.parties.add_team(Team("erp-team", "ERP team", START))
        before = transaction.revision()
    store.engine.dispose()

    kill_when_written(url, "company")

    assert_nothing_left(url, before)


def kill_when_written(database_url: str, *more: str) -> None:
    child = subprocess.Popen(
        [sys.executable, str(PROGRAM), database_url, *more],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROGRAM.parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "written\n"

    child.kill()
    child.wait()
    child.stdout.close()


def assert_nothing_left(database_url: str, before: int) -> None:
    """Neither of the contract nor of the team, which is added now."""
    reopened = open_store(RegistryConfig(database_url))
    with reopened.writing() as transaction:
        assert transaction.catalog.contract("orders") is None
        assert transaction.catalog.content("a" * 64) is None
        assert transaction.revision() == before
        transaction.parties.add_team(Team("crm-team", "CRM", START))
    reopened.engine.dispose()


def publisher(database_url: str, *options: str) -> subprocess.Popen[str]:
    """Publishes three contracts at once, in a process of its own."""
    command = [sys.executable, "-m", "tests.registry.killed_publisher", database_url, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROGRAM.parents[2])


def test_a_kill_in_the_middle_of_many_leaves_none_and_they_can_be_sent_again(
    store: SqlStore, database_url: str
) -> None:
    with store.writing() as transaction:
        transaction.log.add_key(new_key(KeyPurpose.CONTRACTS, START))
        transaction.log.add_key(new_key(KeyPurpose.AUDIT, START))
    child = publisher(database_url)
    assert child.stdout is not None
    assert child.stdout.readline() == "written\n"

    child.kill()
    child.wait()
    child.stdout.close()

    with store.reading() as transaction:
        assert transaction.catalog.search(CatalogFilter(), None, 10) == []
        assert transaction.log.range(0, 10) == []
    again = publisher(database_url, "whole")
    told, _ = again.communicate(timeout=60)
    assert told.split("\n")[:3] == ["invoices True", "orders True", "payments True"]
