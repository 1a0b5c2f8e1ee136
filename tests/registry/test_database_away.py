"""A disk that is full, a database that is lost: said plainly, nothing half stored, and repeated safely."""

from __future__ import annotations

import contextlib
import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import event

from registry.errors import StoreUnavailable
from registry.model import Team
from tests.registry.harness import (
    START,
    FakeClock,
    RegistryUnderTest,
    audited,
    basic,
    contract,
    postgres,
    start,
)
from tests.registry.schema_client import SchemaClient, refused, team

LARGE = "x" * 400_000
POSTGRES = pytest.mark.service("postgres")


@pytest.fixture
def on_postgres(postgres_url: str, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    started = start(postgres_url, clock)
    yield started
    started.close()


def assert_told(response: httpx.Response, status: int, code: str) -> None:
    body = response.json()
    assert (response.status_code, body["code"], body["retryable"]) == (status, code, True), response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "5"
    for secret in ("SELECT", "INSERT", "sqlite", "psycopg", "127.0.0.1", "pactolus_registry_"):
        assert secret not in response.text


def page_limit(registry: RegistryUnderTest) -> Callable[[], None]:
    """Lets the file grow no more, as a full disk would; what is returned makes room again."""
    with registry.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 10}").close()

    event.listen(registry.store.engine, "connect", limit)
    registry.store.engine.dispose()

    def lift() -> None:
        event.remove(registry.store.engine, "connect", limit)
        registry.store.engine.dispose()

    return lift


def test_a_full_disk_is_507_everywhere_and_reading_goes_on(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    client = team(registry, "erp-team")
    registry.publish(token, contract(), "orders")
    before = len(audited(registry.store))
    lift = page_limit(registry)

    published = registry.publish(token, contract(version="1.1.0", more=LARGE), "orders")
    registered = client.register("s", {"description": LARGE})

    assert_told(published, 507, "storage_full")
    assert refused(registered) == (507, 50001)
    assert registered.headers["retry-after"] == "5"
    assert registry.call("GET", "/contracts/orders/versions", token=token).json()["items"][0]["version"] == (
        "1.0.0"
    )
    assert client.get("/subjects") == []
    assert len(audited(registry.store)) == before

    lift()
    assert registry.publish(token, contract(version="1.1.0", more=LARGE), "orders").status_code == 201
    assert client.register("s", {"description": LARGE}).status_code == 200


@contextlib.contextmanager
def files_end_at(bytes_max: int) -> Iterator[None]:
    """No file of this process grows beyond that; Python leaves the signal for it aside."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_the_system_refuses_is_503_and_may_be_repeated(
    registry: RegistryUnderTest, tmp_path: Path
) -> None:
    token = registry.team("erp-team")
    log = tmp_path / "registry.db-wal"
    text = contract(more=LARGE)

    with files_end_at(log.stat().st_size + 100_000):
        failed = registry.publish(token, text, "orders")

    assert_told(failed, 503, "store_unavailable")
    assert registry.call("GET", "/contracts/orders", token=token).status_code == 404
    assert registry.publish(token, text, "orders").status_code == 201
    assert registry.publish(token, text, "orders").status_code == 200


def terminate(registry: RegistryUnderTest, pid: int | None = None) -> None:
    """Ends the connections to the registry's database, or one of them."""
    server, _, name = registry.config.database_url.rpartition("/")
    condition = f"pid = {pid}" if pid else f"datname = '{name}' AND pid <> pg_backend_pid()"
    postgres(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {condition}")


@POSTGRES
def test_connections_lost_between_requests_are_made_anew_unnoticed(on_postgres: RegistryUnderTest) -> None:
    token = on_postgres.team("erp-team")
    on_postgres.call("GET", "/teams")

    terminate(on_postgres)

    assert on_postgres.publish(token, contract(), "orders").status_code == 201
    assert on_postgres.call("GET", "/contracts/orders").status_code == 200


@POSTGRES
@pytest.mark.parametrize("statement", ["INSERT INTO versions", "INSERT INTO audit_log", "UPDATE state"])
def test_a_connection_lost_within_a_publication_leaves_nothing_and_it_may_be_repeated(
    on_postgres: RegistryUnderTest, statement: str
) -> None:
    token = on_postgres.team("erp-team")
    before = len(audited(on_postgres.store))
    struck: list[str] = []

    def strike(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.startswith(statement) and not struck:
            struck.append(text)
            driver: psycopg.Connection[Any] = connection.connection.dbapi_connection
            terminate(on_postgres, driver.info.backend_pid)

    event.listen(on_postgres.store.engine, "before_cursor_execute", strike)
    lost = on_postgres.publish(token, contract(), "orders")

    assert_told(lost, 503, "store_unavailable")
    assert struck
    assert on_postgres.call("GET", "/contracts/orders").status_code == 404
    assert len(audited(on_postgres.store)) == before
    assert on_postgres.publish(token, contract(), "orders").status_code == 201
    assert len(audited(on_postgres.store)) == before + 1


@POSTGRES
def test_a_database_that_takes_nobody_in_is_503_at_every_door_until_it_does(
    on_postgres: RegistryUnderTest,
) -> None:
    token = on_postgres.team("erp-team")
    client = SchemaClient(on_postgres, on_postgres.admin["clientId"], on_postgres.admin["clientSecret"])
    credentials = basic(client.client_id, client.client_secret)
    server, _, name = on_postgres.config.database_url.rpartition("/")
    form = {"grant_type": "client_credentials"}

    postgres(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    terminate(on_postgres)
    try:
        away = [
            on_postgres.publish(token, contract(), "orders"),
            on_postgres.call("GET", "/contracts", token=token),
            on_postgres.send("GET", "/registry/v1/health"),
            on_postgres.call("GET", f"/documents/{'a' * 64}", token=token),
            on_postgres.send("POST", "/oauth/token", data=form, headers=credentials),
        ]
        schemas = [client.register("s", {}), client.send("GET", "/subjects")]
        page = on_postgres.send(
            "POST",
            "/portal/sign-in",
            data={"name": "a", "password": "b"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    finally:
        postgres(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    for response in away:
        assert_told(response, 503, "store_unavailable")
    assert [refused(response) for response in schemas] == [(503, 50001), (503, 50001)]
    assert (page.status_code, "does not answer" in page.text) == (503, True)
    assert on_postgres.publish(token, contract(), "orders").status_code == 201
    assert client.register("s", {}).status_code == 200
    assert on_postgres.send("GET", "/registry/v1/health").json()["status"] == "ok"


@POSTGRES
def test_a_transaction_whose_connection_is_lost_is_taken_back(on_postgres: RegistryUnderTest) -> None:
    def lose() -> None:
        with on_postgres.store.writing() as transaction:
            transaction.parties.add_team(Team("lost", "Lost", START))
            terminate(on_postgres)
            transaction.parties.add_team(Team("more", "More", START))

    with pytest.raises(StoreUnavailable):
        lose()

    with on_postgres.store.reading() as transaction:
        assert transaction.parties.team("lost") is None


def test_what_is_wrong_with_a_statement_stays_a_defect(registry: RegistryUnderTest) -> None:
    with registry.store.writing() as transaction:
        transaction.connection.exec_driver_sql("ALTER TABLE domains RENAME TO elsewhere")

    response = registry.call("GET", "/domains")

    assert (response.status_code, json.loads(response.text)["code"]) == (500, "internal_error")
