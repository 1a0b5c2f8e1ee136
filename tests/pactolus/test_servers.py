"""The server commands as a user's shell sees them when they cannot start."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from gateway.model import Claims
from gateway.operator.authentication import read_keys
from gateway.policies.api_keys import check
from tests.ports import free_port

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def taken() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def test_a_taken_port_is_told_by_every_server(pactolus: Run, taken: str) -> None:
    pactolus("registry", "init", "--database", "sqlite:///r.sqlite")
    commands = [
        ("registry", "serve", "--database", "sqlite:///r.sqlite", "--port", taken),
        (
            "gateway",
            "serve",
            "--registry",
            "http://127.0.0.1:1",
            "--client-id",
            "a",
            "--client-secret",
            "b",
            "--port",
            taken,
        ),
        ("service", "serve", "erp-orders", "--database", "erp.sqlite", "--port", taken),
    ]

    for command in commands:
        result = pactolus(*command)
        assert result.returncode == 2, command
        assert f"127.0.0.1:{taken}" in result.stderr
        assert "Traceback" not in result.stderr


def test_a_registry_is_initialised_once_and_its_secret_shown_once(pactolus: Run, tmp_path: Path) -> None:
    first = pactolus("registry", "init", "--database", "sqlite:///r.sqlite")
    second = pactolus("registry", "init", "--database", "sqlite:///r.sqlite")

    assert first.returncode == 0
    assert "clientSecret" in first.stdout
    assert second.returncode == 2
    assert "registry_initialised" in second.stderr
    assert "pactolus registry serve" in second.stderr


def test_a_database_from_the_future_is_refused(pactolus: Run, tmp_path: Path) -> None:
    pactolus("registry", "init", "--database", "sqlite:///r.sqlite")
    with sqlite3.connect(tmp_path / "r.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    result = pactolus("registry", "serve", "--database", "sqlite:///r.sqlite", "--port", "28999")

    assert result.returncode == 2
    assert "9999" in result.stderr


def test_the_gateway_asks_for_one_source_of_contracts(pactolus: Run) -> None:
    result = pactolus("gateway", "serve", "--port", "0")

    assert result.returncode == 2
    assert "--contracts" in result.stderr


def test_a_key_that_is_made_is_one_that_the_gateway_takes(pactolus: Run) -> None:
    pepper = "a pepper of the tests"
    made = pactolus("gateway", "api-key", "--client", "c", "--scope", "a:b", PACTOLUS_API_KEY_PEPPER=pepper)
    key = made.stdout.split()[4]
    entries = yaml.safe_load(made.stdout.split("apiKeys:\n")[1])

    assert made.returncode == 0
    (kept,) = read_keys(entries)
    claims = check([key.encode()], {kept.key_id: kept}, pepper.encode(), 0.0)
    assert isinstance(claims, Claims)
    assert (claims.client_id, claims.scopes) == ("c", {"a:b"})
    assert key[15:] not in made.stdout.split("apiKeys:")[1]
    short = pactolus("gateway", "api-key", "--client", "c", PACTOLUS_API_KEY_PEPPER="short")
    assert short.returncode == 2
    assert "16 bytes" in short.stderr


def test_an_option_that_the_environment_may_give_says_so(pactolus: Run) -> None:
    environment = dict.fromkeys(("PACTOLUS_DATABASE", "PACTOLUS_CLIENT_ID"), "")
    missing = pactolus("registry", "serve", **environment)
    explained = pactolus("publish", "--help")

    assert missing.returncode == 2
    assert "PACTOLUS_DATABASE" in missing.stderr
    assert all(f"PACTOLUS_{name}" in explained.stdout for name in ("REGISTRY", "CLIENT_ID", "CLIENT_SECRET"))


def test_a_registry_tells_where_it_is_served(tmp_path: Path, pactolus: Run) -> None:
    port = str(free_port())
    database = f"sqlite:///{tmp_path / 'r.sqlite'}"
    pactolus("registry", "init", "--database", database)
    command = [sys.executable, "-m", "pactolus", "registry", "serve", "--database", database, "--port", port]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = next((line for line in process.stderr if f"http://127.0.0.1:{port}" in line), "")
        finally:
            process.terminate()
        assert "running" in told


def test_a_secret_that_is_not_given_is_asked_for_on_a_terminal_only(pactolus: Run) -> None:
    result = pactolus("token", "--client-id", "a", given="", PACTOLUS_CLIENT_SECRET="")

    assert result.returncode == 2
    assert "PACTOLUS_CLIENT_SECRET" in result.stderr
    assert "Warning" not in result.stderr


def test_what_webhooks_cannot_be_served_with_is_told(pactolus: Run, tmp_path: Path) -> None:
    pactolus("registry", "init", "--database", "sqlite:///r.sqlite")
    (tmp_path / "short").write_bytes(b"k" * 31)
    serve = ("registry", "serve", "--database", "sqlite:///r.sqlite", "--port", str(free_port()))

    for option, value, told in (
        ("--webhook-key-file", "short", "31 bytes"),
        ("--webhook-key-file", "missing", "cannot read missing"),
        ("--webhook-network", "10.0.0.1/8", "network_invalid"),
    ):
        result = pactolus(*serve, option, value)
        assert result.returncode == 2, option
        assert told in result.stderr
        assert "Traceback" not in result.stderr
