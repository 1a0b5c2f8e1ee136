"""The first start, and databases that cannot be used."""

from __future__ import annotations

import stat
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from registry.config import RegistryConfig
from registry.errors import Conflict, SetupError
from registry.model import ClientKind
from registry.serve import create_app, create_store, initialise_registry, open_store
from registry.storage.engine import WRITING, migrations, open_engine
from registry.storage.store import SqlStore
from registry.storage.tables import FULL_TEXT, metadata


def described(connection: Connection) -> MigrationContext:
    """All tables but the full-text index, which SQLite keeps in tables of its own making."""

    def counts(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not str(name).startswith(FULL_TEXT)

    return MigrationContext.configure(connection, opts={"include_name": counts})


def test_a_registry_is_initialised_once(database_url: str) -> None:
    config = RegistryConfig(database_url)

    made = initialise_registry(config)

    assert made.scopes == ("registry:admin", "registry:audit", "registry:publish", "registry:read")
    assert len(made.client_secret) > 43
    with pytest.raises(Conflict) as caught:
        initialise_registry(config)
    assert caught.value.code == "registry_initialised"


def test_a_registry_that_was_not_initialised_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="pactolus registry init"):
        create_app(RegistryConfig(f"sqlite:///{tmp_path / 'new.db'}"))


def test_a_database_of_the_first_release_is_moved_forward_with_what_it_holds(database_url: str) -> None:
    engine = open_engine(database_url, connections=1, busy_timeout_ms=1_000)
    with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        config = migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO teams VALUES ('erp-team', 'ERP', '2026-11-02 08:00:00')"))
        for name, scopes in (
            ("gateway", '["registry:read", "registry:usage"]'),
            ("team", '["registry:read"]'),
        ):
            connection.execute(
                text(
                    "INSERT INTO clients (client_id, kind, party, secret_hash, scopes, created_at) "
                    "VALUES (:name, 'team', 'erp-team', 'x', :scopes, '2026-11-02 08:00:00')"
                ),
                {"name": name, "scopes": scopes},
            )
    engine.dispose()

    store = open_store(RegistryConfig(database_url))

    with store.engine.connect() as connection:
        assert compare_metadata(described(connection), metadata) == []
    with store.reading() as transaction:
        assert [team.name for team in transaction.parties.teams(None, 5)] == ["erp-team"]
        clients = {
            one.client_id: one.scopes for one in transaction.clients.clients_of(ClientKind.TEAM, "erp-team")
        }
    assert clients == {
        "gateway": ("registry:read", "registry:snapshot", "registry:usage"),
        "team": ("registry:read",),
    }
    store.engine.dispose()


def test_the_migrations_make_the_schema_that_the_code_expects(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        differences = compare_metadata(described(connection), metadata)

    assert differences == []


def test_a_database_of_a_later_release_is_refused_and_left_alone(database_url: str) -> None:
    config = RegistryConfig(database_url)
    initialise_registry(config)
    store = open_store(config)
    with store.writing() as transaction:
        transaction.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.engine.dispose()

    with pytest.raises(SetupError) as caught:
        open_store(config)

    assert caught.value.code == "database_revision_unknown"
    assert "9999" in caught.value.detail


def test_a_second_start_keeps_what_is_there(database_url: str) -> None:
    config = RegistryConfig(database_url)
    initialise_registry(config)

    for _ in range(2):
        store = open_store(config)
        with store.reading() as transaction:
            assert len(transaction.security.keys()) == 1
        store.engine.dispose()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "database_url_invalid"),
        ("mysql://localhost/x", "database_unsupported"),
        ("sqlite://", "database_url_invalid"),
        ("sqlite:///:memory:", "database_url_invalid"),
        ("postgresql+nothing://localhost/x", "database_url_invalid"),
        ("postgresql+psycopg://postgres@127.0.0.1:1/x", "database_unusable"),
    ],
)
def test_a_database_that_cannot_be_used_is_a_clear_refusal(url: str, code: str) -> None:
    with pytest.raises(SetupError) as caught:
        create_store(RegistryConfig(url))

    assert caught.value.code == code


def test_a_file_that_is_no_database_is_a_clear_refusal(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database " * 1000)

    with pytest.raises(SetupError) as caught:
        create_store(RegistryConfig(f"sqlite:///{path}"))

    assert caught.value.code == "database_unusable"
    assert path.read_text().startswith("not a database")


def test_the_file_with_the_signing_key_is_private(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"

    initialise_registry(RegistryConfig(f"sqlite:///{path}"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_runs_with_a_write_ahead_log_and_foreign_keys(tmp_path: Path) -> None:
    store = create_store(RegistryConfig(f"sqlite:///{tmp_path / 'a.db'}"))

    with store.reading() as transaction:
        pragmas = [
            transaction.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ]

    assert pragmas == ["wal", 1, 5000]
    store.engine.dispose()


def test_the_migrations_are_part_of_the_package() -> None:
    names = {entry.name for entry in (files("registry.storage") / "migrations").iterdir()}

    assert {"env.py", "script.py.mako", "versions"} <= names


def test_a_database_whose_driver_is_not_installed_tells_what_to_install() -> None:
    with pytest.raises(SetupError) as caught:
        open_engine("postgresql+asyncpg://registry@127.0.0.1/none", connections=1, busy_timeout_ms=1_000)

    assert caught.value.code == "database_driver_missing"
    assert "pactolus[postgres]" in caught.value.detail
    assert "postgresql+psycopg://" in caught.value.detail
