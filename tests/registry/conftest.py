"""Fixtures: a registry in process, and the store on each kind of database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.config import RegistryConfig
from registry.model import Team
from registry.serve import create_store
from registry.storage.store import SqlStore
from tests.registry.harness import START, FakeClock, RegistryUnderTest, start

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """A registry on SQLite."""
    started = start(f"sqlite:///{tmp_path / 'registry.db'}", clock)
    yield started
    started.close()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A database of the test's own."""
    import psycopg

    name = f"pactolus_registry_{uuid.uuid4().hex}"
    with psycopg.connect("postgresql://postgres@127.0.0.1/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{POSTGRES}/{name}"
    with psycopg.connect("postgresql://postgres@127.0.0.1/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service("postgres"))])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that the registry keeps its store in."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(database_url: str) -> Iterator[SqlStore]:
    """An empty store with its schema."""
    opened = create_store(RegistryConfig(database_url))
    with opened.writing() as transaction:
        transaction.parties.add_team(Team("erp-team", "ERP team", START))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def anywhere(database_url: str, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """A registry over each kind of database."""
    started = start(database_url, clock)
    yield started
    started.close()
