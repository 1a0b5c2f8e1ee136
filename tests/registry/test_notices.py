"""The inbox of a team holds what it has to do, and nothing that is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from registry.model import rfc3339
from tests.registry.change_calls import Board, board_of
from tests.registry.harness import GATEWAY_SCOPES, START, RegistryUnderTest, contract
from tests.registry.webhook_calls import pass_time

OFF_CONTRACT = {
    "contract": "orders",
    "version": "1.0.0",
    "operation": "POST /order",
    "upstream": "http://erp.internal",
    "status": 200,
    "count": 3,
    "firstSeen": "2026-11-01T08:00:00Z",
    "lastSeen": "2026-11-01T09:00:00Z",
    "errors": [{"pointer": "/total", "detail": "missing"}],
}


@pytest.fixture
def board(anywhere: RegistryUnderTest) -> Board:
    return board_of(anywhere)


def inbox(board: Board, team: str, **params: Any) -> list[dict[str, Any]]:
    answer = board.registry.call("GET", f"/teams/{team}/notices", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def kinds(board: Board, team: str) -> list[str]:
    return [one["kind"] for one in inbox(board, team)]


def test_an_approval_waits_until_the_team_has_given_it(board: Board) -> None:
    assert kinds(board, "account-team") == []
    change = board.opened()

    (notice,) = inbox(board, "account-team")
    assert notice["link"] == f"/changes/{change['id']}"
    assert notice["title"] == "Decide on orders 1.1.0: Cancel only"
    assert notice["detail"] == "account-team is asked as consumer: The change affects portal."
    assert notice["dueAt"] == change["expiresAt"]
    assert kinds(board, "erp-team") == ["approval"]
    board.decide(change, board.consumer_team)
    assert kinds(board, "account-team") == []
    assert kinds(board, "erp-team") == ["approval"]
    pass_time(board.registry, days=15)
    assert kinds(board, "erp-team") == []


def test_a_version_that_ends_is_shown_to_who_calls_or_declares_it(board: Board) -> None:
    registry = board.registry
    registry.publish(board.author, contract(version="2.0.0"), "orders")
    registry.consumer("declarer", "account-team")
    registry.call("POST", "/consumers/declarer/subscriptions", json={"contract": "orders", "major": 1})
    body = {
        "deprecateAt": rfc3339(START),
        "sunsetAt": rfc3339(START + timedelta(days=90)),
        "successor": "2.0.0",
        "guide": "Read the guide.",
    }
    path = "/contracts/orders/deprecation-plans/1"
    registry.call("PUT", path, token=board.author, json=body, headers={"If-Match": '"0"'})

    (notice,) = inbox(board, "account-team", kind="deprecation")
    assert notice["title"] == f"orders v1 ends at {body['sunsetAt']}"
    assert notice["detail"] == (
        "declarer declares it. portal called it last at 2026-11-01T09:00:00Z. Move to 2.0.0. Read the guide."
    )
    assert (notice["link"], notice["dueAt"]) == (path, body["sunsetAt"])
    assert notice["consumers"] == notice["unacknowledged"] == ["declarer", "portal"]
    registry.call("POST", f"{path}/acknowledgements", token=board.consumer_team, json={"consumer": "portal"})
    assert inbox(board, "account-team")[0]["unacknowledged"] == ["declarer"]
    assert kinds(board, "erp-team") == []
    pass_time(registry, days=8)
    assert inbox(board, "account-team")[0]["consumers"] == ["declarer"]


def test_drift_is_shown_to_the_owner_while_it_is_new(board: Board) -> None:
    gateway = board.registry.team("integration-team", GATEWAY_SCOPES)
    records = [OFF_CONTRACT, {**OFF_CONTRACT, "operation": "POST /cancel"}]
    body = {"gateway": "g", "batchId": "one", "records": records}
    sent = board.registry.call("POST", "/drift", token=gateway, json=body)
    assert sent.status_code == 204, sent.text

    (notice,) = inbox(board, "erp-team")
    assert notice["kind"] == "drift"
    assert notice["detail"] == "6 answers of 2 operations, the last at 2026-11-01T09:00:00Z."
    assert kinds(board, "account-team") == []
    pass_time(board.registry, days=14)
    assert kinds(board, "erp-team") == []


def test_a_disabled_webhook_is_a_notice_of_its_team(board: Board) -> None:
    url = "https://hooks.example.com/"
    made = board.registry.call("POST", "/teams/account-team/webhooks", json={"url": url}).json()
    with board.registry.store.writing() as transaction:
        transaction.webhooks.disable(made["id"], START, "It answered 410.")

    (notice,) = inbox(board, "account-team")
    assert (notice["kind"], notice["link"]) == ("webhook", f"/webhooks/{made['id']}")
    assert kinds(board, "erp-team") == []


def test_what_is_due_first_comes_first_and_pages_hold_all(board: Board) -> None:
    board.opened()
    board.opened(text=contract(version="1.2.0", operations=["ship"]), type="emergency")
    pages = []
    cursor: dict[str, str] = {}
    for _ in range(2):
        path = "/teams/erp-team/notices"
        page = board.registry.call("GET", path, params={"limit": 1, **cursor}).json()
        pages += [one["dueAt"] for one in page["items"]]
        cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else {}

    assert pages == sorted(pages)
    assert (len(pages), cursor) == (2, {})


def test_an_inbox_is_read_by_its_team(board: Board) -> None:
    path = "/teams/account-team/notices"

    assert board.registry.call("GET", path, token=board.consumer_team).status_code == 200
    assert board.registry.call("GET", path, token=board.author).status_code == 403
    assert board.registry.call("GET", "/teams/nobody/notices").status_code == 404
