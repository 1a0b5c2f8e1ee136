"""Pact's own command line, unchanged, over HTTP.

It is a binary inside the npm package `@pact-foundation/pact-cli`; `.ci/run` installs it where npm is.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.registry.change_calls import Board, board_of
from tests.registry.harness import FakeClock, start
from tests.registry.served import served

CLI = os.environ.get("PACTOLUS_PACT_CLI")
pytestmark = pytest.mark.skipif(
    CLI is None, reason="PACTOLUS_PACT_CLI does not name Pact's command line (npm @pact-foundation/pact-cli)"
)
Pact = Callable[..., tuple[int, str]]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    """`orders` 1.0.0 in prod, in a registry that serves over HTTP."""
    registry = start(
        f"sqlite:///{tmp_path / 'registry.db'}", FakeClock(), port=free_port(), log_level="error"
    )
    found = board_of(registry)
    found.in_prod("1.0.0")
    with served(registry):
        yield found
    registry.close()


@pytest.fixture
def pact(board: Board) -> Pact:
    """Runs the command line as the administrator; exit status and what it said."""
    registry = board.registry
    environment = {
        **os.environ,
        "PACT_BROKER_BASE_URL": f"http://127.0.0.1:{registry.config.port}/pact",
        "PACT_BROKER_USERNAME": registry.admin["clientId"],
        "PACT_BROKER_PASSWORD": registry.admin["clientSecret"],
    }

    def run(*words: str) -> tuple[int, str]:
        command = [str(CLI), "broker", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout

    return run


def asked(name: str, version: str, environment: str = "prod") -> tuple[str, ...]:
    return ("can-i-deploy", "--pacticipant", name, "--version", version, "--to-environment", environment)


def test_yes_is_0_and_no_is_1_with_the_reasons(board: Board, pact: Pact) -> None:
    board.approved(environments=["dev"])
    board.publish()

    yes, _ = pact(*asked("orders", "1.0.0"))
    no, said = pact(*asked("orders", "1.1.0"))
    consumer, _ = pact(*asked("portal", "7"))
    excused, noted = pact(*asked("orders", "1.1.0", "dev"))

    assert (yes, no, consumer, excused) == (0, 1, 0, 0)
    assert "portal is broken by the change to orders 1.1.0" in said
    assert "was approved for this change" in noted


def test_two_applications_and_their_latest(board: Board, pact: Pact) -> None:
    board.approved(environments=["dev"])
    board.publish()
    portal = ("can-i-deploy", "--pacticipant", "portal", "--version", "7", "--pacticipant", "orders")

    assert pact(*portal, "--version", "1.0.0")[0] == 0
    assert pact(*portal, "--latest")[0] == 1
    assert pact(*portal, "--latest", "prod")[0] == 0
    assert pact("can-i-deploy", "--pacticipant", "orders", "--version", "1.0.0", "--to", "prod")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (asked("nobody", "1"), "Pacticipant nobody not found"),
        (asked("orders", "9.9.9"), "No version with number 9.9.9 exists for orders"),
        (asked("orders", "1.0.0", "mars"), "Environment with name 'mars' does not exist"),
    ],
)
def test_what_is_unknown_is_1_and_told(pact: Pact, words: tuple[str, ...], told: str) -> None:
    status, said = pact(*words)

    assert status == 1
    assert told in said


def test_a_deployment_is_recorded_when_promotion_allows_it(board: Board, pact: Pact) -> None:
    board.approved(environments=["dev"])
    board.publish()
    record = ("record-deployment", "--pacticipant", "orders", "--version", "1.1.0", "--environment")

    made, _ = pact(*record, "dev")
    refused, said = pact(*record, "prod")
    environments, listed = pact("list-environments")

    assert (made, refused, environments) == (0, 1, 0)
    assert "portal of account-team is broken" in said
    assert "prod" in listed
    page = board.registry.call("GET", "/environments/dev/deployments").json()
    assert [one["version"] for one in page["items"]] == ["1.1.0"]
