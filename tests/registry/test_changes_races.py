"""Decisions about one change at one moment: whatever the order, none is lost and none counts twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.registry.change_calls import APPROVER, Board, board_of
from tests.registry.harness import RegistryUnderTest, contract

Call = Callable[[], httpx.Response]
ROUNDS = 4


def at_once(*calls: Call) -> list[httpx.Response]:
    """Starts all calls at one moment; their answers in order."""
    barrier = threading.Barrier(len(calls))

    def started(call: Call) -> httpx.Response:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result(60) for one in [pool.submit(started, call) for call in calls]]


@pytest.fixture
def board(anywhere: RegistryUnderTest) -> Board:
    return board_of(anywhere)


def version_of(round_: int) -> str:
    return contract(version=f"1.{round_ + 1}.0", operations=["cancel"])


def test_two_approvals_at_once_both_count(board: Board) -> None:
    for round_ in range(ROUNDS):
        change = board.opened(text=version_of(round_))

        answers = at_once(
            lambda change=change: board.decide(change, board.colleague),
            lambda change=change: board.decide(change, board.consumer_team),
        )

        after = board.get(change)
        assert [answer.status_code for answer in answers] == [200, 200]
        assert after["state"] == "approved"
        assert [entry["kind"] for entry in after["entries"]] == ["opened", "approved", "approved"]


def test_one_client_approves_once_however_often_it_calls(board: Board) -> None:
    change = board.opened()

    answers = at_once(*(lambda: board.decide(change, board.colleague) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert [entry["kind"] for entry in board.get(change)["entries"]] == ["opened", "approved"]


def test_an_approval_and_a_withdrawal_leave_it_withdrawn(board: Board) -> None:
    for round_ in range(ROUNDS):
        change = board.opened(text=version_of(round_))
        board.decide(change, board.colleague)

        approved, withdrawn = at_once(
            lambda change=change: board.decide(change, board.consumer_team),
            lambda change=change: board.withdraw(change),
        )

        assert withdrawn.status_code == 200
        assert approved.status_code in (200, 409)
        assert board.get(change)["state"] == "withdrawn"
        assert board.publish(version_of(round_)).status_code == 409


def test_a_publication_and_a_withdrawal_agree_on_who_was_first(board: Board) -> None:
    change = board.approved()

    published, withdrawn = at_once(board.publish, lambda: board.withdraw(change))

    outcome = (published.status_code, withdrawn.status_code, board.get(change)["state"])
    assert outcome in ((201, 409, "implemented"), (409, 200, "withdrawn"))
    assert (board.bundle("latest") == change["proposal"]["bundleSha256"]) is (outcome[0] == 201)


def test_one_approval_lets_one_publication_pass(board: Board) -> None:
    change = board.approved()

    answers = at_once(*(board.publish for _ in range(3)))

    statuses = sorted(answer.status_code for answer in answers)
    kinds = [entry["kind"] for entry in board.get(change)["entries"]]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409, 503}
    assert kinds.count("implemented") == 1


def test_the_same_change_asked_for_at_once_is_one(board: Board) -> None:
    answers = at_once(board.open, board.open)

    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_two_moves_at_once_leave_one_history(board: Board) -> None:
    more = contract(version="1.1.0", operations=["order", "cancel", "ship"])
    assert board.publish(more).status_code == 201

    answers = at_once(*(lambda one=one: board.promote(one, "dev") for one in ("1.0.0", "1.1.0")))

    statuses = sorted(answer.status_code for answer in answers)
    (deployment,) = board.registry.call("GET", "/environments/dev/deployments").json()["items"]
    assert statuses in ([201, 201], [201, 409])
    assert deployment["version"] in ("1.0.0", "1.1.0")


def test_random_interleavings_keep_the_rules(board: Board) -> None:
    """Any order of decisions: approved only with both teams, and never by a stranger or the author."""
    stranger = board.registry.team("sales-team", APPROVER)
    for round_ in range(ROUNDS):
        change = board.opened(text=version_of(round_))
        calls: list[Any] = [
            lambda change=change: board.decide(change, board.colleague),
            lambda change=change: board.decide(change, board.consumer_team),
            lambda change=change: board.decide(change, stranger),
            lambda change=change: board.decide(change, board.consumer_team, "reject"),
        ]

        at_once(*calls)

        after = board.get(change)
        decisions = {(entry["team"], entry["kind"]) for entry in after["entries"]} - {("erp-team", "opened")}
        assert ("sales-team", "approved") not in decisions
        if after["state"] == "approved":
            assert {("erp-team", "approved"), ("account-team", "approved")} <= decisions
            assert ("account-team", "rejected") not in decisions
        else:
            assert after["state"] == "rejected"
            assert ("account-team", "rejected") in decisions
