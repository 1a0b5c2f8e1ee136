"""A process that is killed while it publishes leaves nothing behind, and nobody waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from registry.config import RegistryConfig
from registry.model import Team
from registry.serve import create_store, open_store
from registry.storage.store import SqlStore
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
