"""What `serve` and `init` do with a database that is not theirs: they say so, and leave every byte alone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.config import RegistryConfig
from registry.errors import SetupError
from registry.serve import create_app, initialise_registry
from registry.storage.engine import open_engine


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal(action: Callable[[RegistryConfig], object], path: Path) -> SetupError:
    with pytest.raises(SetupError) as caught:
        action(RegistryConfig(f"sqlite:///{path}"))
    return caught.value


def foreign(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements or ("CREATE TABLE invoices (id INTEGER)",):
        connection.execute(statement)
    connection.commit()
    connection.close()


FOREIGN = {
    "other tables": ("CREATE TABLE invoices (id INTEGER)", "INSERT INTO invoices VALUES (1)"),
    "a write-ahead log": ("PRAGMA journal_mode=WAL", "CREATE TABLE invoices (id INTEGER)"),
    "another program's alembic": (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE invoices (id INTEGER)",
    ),
    "a view alone": ("CREATE VIEW answer AS SELECT 42",),
}


@pytest.mark.parametrize("action", [create_app, initialise_registry])
@pytest.mark.parametrize("statements", FOREIGN.values(), ids=FOREIGN)
def test_a_database_of_another_program_is_refused_and_not_one_byte_of_it_changes(
    tmp_path: Path, action: Callable[[RegistryConfig], object], statements: tuple[str, ...]
) -> None:
    path = tmp_path / "other program's #1.db"
    foreign(path, *statements)
    before = files_of(tmp_path)

    refused = refusal(action, path)

    assert refused.code == "database_foreign"
    assert "tables" in refused.detail
    assert files_of(tmp_path) == before


@pytest.mark.parametrize("action", [create_app, initialise_registry])
def test_a_database_that_another_program_has_open_is_recognised(
    tmp_path: Path, action: Callable[[RegistryConfig], object]
) -> None:
    path = tmp_path / "live.db"
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode=WAL").close()
    other.execute("CREATE TABLE invoices (id INTEGER)").close()
    before = path.read_bytes()

    assert refusal(action, path).code == "database_foreign"
    assert path.read_bytes() == before
    other.close()


def test_serving_does_not_create_a_database_that_is_missing(tmp_path: Path) -> None:
    refused = refusal(create_app, tmp_path / "missing.db")

    assert refused.code == "registry_not_initialised"
    assert "pactolus registry init" in refused.detail
    assert files_of(tmp_path) == {}


@pytest.mark.parametrize("content", ["no bytes", "no tables"])
def test_serving_leaves_an_empty_database_as_it_is(tmp_path: Path, content: str) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    if content == "no tables":
        foreign(path, "CREATE TABLE gone (id INTEGER)", "DROP TABLE gone")
    before = files_of(tmp_path)

    assert refusal(create_app, path).code == "registry_not_initialised"
    assert files_of(tmp_path) == before


def test_an_empty_database_can_be_initialised(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()

    initialise_registry(RegistryConfig(f"sqlite:///{path}"))

    create_app(RegistryConfig(f"sqlite:///{path}"))


@pytest.mark.parametrize("action", [create_app, initialise_registry])
def test_a_folder_that_does_not_exist_is_named_and_not_made(
    tmp_path: Path, action: Callable[[RegistryConfig], object]
) -> None:
    folder = tmp_path / "no" / "such"

    refused = refusal(action, folder / "registry.db")

    assert refused.code == "database_unreachable"
    assert str(folder) in refused.detail
    assert files_of(tmp_path) == {}


@pytest.mark.parametrize("action", [create_app, initialise_registry])
def test_a_folder_in_place_of_the_file_is_a_clear_refusal(
    tmp_path: Path, action: Callable[[RegistryConfig], object]
) -> None:
    assert refusal(action, tmp_path).code == "database_unusable"


def test_a_registry_copied_without_its_side_files_is_served(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    initialise_registry(RegistryConfig(f"sqlite:///{path}"))
    shutil.copy(path, tmp_path / "copy.db")

    create_app(RegistryConfig(f"sqlite:///{tmp_path / 'copy.db'}"))


@pytest.mark.service("postgres")
@pytest.mark.parametrize("action", [create_app, initialise_registry])
def test_a_postgres_database_of_another_program_is_refused(
    postgres_url: str, action: Callable[[RegistryConfig], object]
) -> None:
    engine = open_engine(postgres_url, connections=1, busy_timeout_ms=1_000)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER)"))

    with pytest.raises(SetupError) as caught:
        action(RegistryConfig(postgres_url))

    assert caught.value.code == "database_foreign"
    with engine.connect() as connection:
        found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        assert found.scalars().all() == ["invoices"]
    engine.dispose()


@pytest.mark.service("postgres")
def test_an_empty_postgres_database_is_not_served(postgres_url: str) -> None:
    with pytest.raises(SetupError) as caught:
        create_app(RegistryConfig(postgres_url))

    assert caught.value.code == "registry_not_initialised"
