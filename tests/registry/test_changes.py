"""A breaking change passes once, when those whom it concerns have agreed to exactly it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.registry.change_calls import APPROVER, BOARD, BREAKING, PLAN, Board, board_of
from tests.registry.harness import FakeClock, RegistryUnderTest, audited, contract


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    return board_of(registry)


def codes(change: Any) -> list[str]:
    return [one["code"] for one in change["missing"]]


def test_a_refused_change_is_approved_by_those_it_concerns_and_passes_once(board: Board) -> None:
    assert board.publish().status_code == 409
    change = board.opened()
    assert board.publish().status_code == 409

    assert board.decide(change, board.colleague).json()["state"] == "open"
    assert board.decide(change, board.consumer_team).json()["state"] == "approved"
    published = board.publish()

    assert published.status_code == 201
    assert board.get(change)["state"] == "implemented"
    assert board.publish().status_code == 200
    again = contract(version="1.2.0", operations=[])
    assert board.publish(again).status_code == 409


def test_a_change_request_says_whom_it_hits_how_risky_it_is_and_who_decides(board: Board) -> None:
    change = board.opened()

    assert (change["verdict"], change["from"], change["to"], change["state"]) == (
        "breaking",
        "1.0.0",
        "1.1.0",
        "open",
    )
    (consumer,) = change["consumers"]
    assert (consumer["consumer"], consumer["owner"], consumer["calls"]) == ("portal", "account-team", 7)
    assert change["consult"] == ["account-team"]
    assert [(one["role"], one["team"]) for one in change["requirements"]] == [
        ("owner", "erp-team"),
        ("consumer", "account-team"),
    ]
    factors = {factor["name"]: factor["points"] for factor in change["risk"]["factors"]}
    assert factors == {"change": 5, "consumers": 2, "traffic": 2, "backout": 1, "tests": 4}
    assert change["risk"]["score"] == sum(factors.values())
    assert change["risk"]["arithmetic"].endswith("= 14")
    assert change["backout"]["verdict"] == "compatible"
    assert change["report"]["findings"][0]["message"] == "order is gone."
    assert [entry["kind"] for entry in change["entries"]] == ["opened"]


def test_the_author_does_not_decide(board: Board, registry: RegistryUnderTest) -> None:
    author = registry.team("erp-team", APPROVER)
    change = board.opened(token=author)

    refused = board.decide(change, author)

    assert (refused.status_code, refused.json()["code"]) == (403, "author_may_not_decide")


def test_a_team_that_is_not_asked_does_not_decide(board: Board, registry: RegistryUnderTest) -> None:
    stranger = registry.team("crm-team", APPROVER)
    change = board.opened()

    refused = board.decide(change, stranger)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_approver")


def test_deciding_needs_its_own_scope(board: Board, registry: RegistryUnderTest) -> None:
    publisher = registry.team("erp-team")

    refused = board.decide(board.opened(), publisher)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_the_administrator_does_not_decide(board: Board, registry: RegistryUnderTest) -> None:
    from registry.credentials import hash_of
    from registry.model import Client, ClientKind, ClientSecret

    with registry.store.writing() as transaction:
        secret = ClientSecret("sec_1", hash_of("s"), registry.clock())
        client = Client("root", ClientKind.ADMIN, None, (secret,), APPROVER, registry.clock())
        transaction.clients.add(client)

    refused = board.decide(board.opened(), registry.token("root", "s"))

    assert (refused.status_code, refused.json()["code"]) == (403, "not_an_approver")


def test_high_risk_goes_to_the_board(board: Board, registry: RegistryUnderTest) -> None:
    registry.consumer("mobile-app", "account-team")
    board.report_usage(count=2_000_000, consumer="mobile-app")

    change = board.opened()
    board.decide(change, board.colleague)
    waiting = board.decide(change, board.consumer_team).json()
    decided = board.decide(change, board.board).json()

    assert (change["risk"]["score"], change["risk"]["level"], change["eyesMin"]) == (18, "high", 2)
    assert (waiting["state"], codes(waiting)) == ("open", ["approval_missing"])
    assert decided["state"] == "approved"


def test_consumers_that_nobody_answers_for_bring_the_board_in(board: Board) -> None:
    board.report_usage(consumer="shadow")

    change = board.opened()

    (requirement,) = [one for one in change["requirements"] if one["role"] == "board"]
    assert requirement["team"] == BOARD
    assert "shadow" in requirement["reason"]


def test_an_approval_counts_for_what_was_read_and_for_nothing_else(board: Board) -> None:
    change = board.opened()
    board.decide(change, board.colleague)
    tag = board.registry.call("GET", f"/changes/{change['id']}").headers["ETag"]
    other = contract(version="1.1.0", operations=["cancel"], title="Other words")
    body = {"document": {"uri": "orders.json", "content": other}, "plan": PLAN}
    path = f"/changes/{change['id']}/proposal"

    revised = board.registry.call("PUT", path, token=board.author, json=body, headers={"If-Match": tag})
    late = board.decide(change, board.consumer_team)
    fresh = board.decide(revised.json(), board.consumer_team).json()

    assert revised.status_code == 200
    assert revised.json()["digest"] != change["digest"]
    assert codes(revised.json()) == ["approval_missing", "approval_missing", "eyes_missing"]
    assert (late.status_code, late.json()["code"]) == (409, "change_revised")
    assert (fresh["state"], codes(fresh)) == ("open", ["approval_missing"])
    assert board.publish(BREAKING).status_code == 409


def test_a_revision_names_the_state_that_it_changes(board: Board) -> None:
    change = board.opened()
    tag = board.registry.call("GET", f"/changes/{change['id']}").headers["ETag"]
    board.decide(change, board.colleague)
    body = {"document": {"uri": "orders.json", "content": BREAKING}, "plan": PLAN}
    path = f"/changes/{change['id']}/proposal"

    unnamed = board.registry.call("PUT", path, token=board.author, json=body)
    stale = board.registry.call("PUT", path, token=board.author, json=body, headers={"If-Match": tag})

    assert (unnamed.status_code, stale.status_code) == (428, 412)


def test_an_approved_change_lets_nothing_else_pass(board: Board) -> None:
    board.approved()

    other = contract(version="1.1.0", operations=["cancel"], title="Other words")

    assert board.publish(other).status_code == 409


def test_an_approval_expires(board: Board, clock: FakeClock) -> None:
    change = board.approved()
    clock.pass_time(days=15)
    board.registry.tokens.clear()
    author = board.registry.team("erp-team")

    refused = board.publish(token=author)
    expired = board.get(change)
    reopened = board.open(token=author)

    assert refused.status_code == 409
    assert expired["state"] == "expired"
    assert board.gate(change).status_code == 409
    assert reopened.status_code == 201


def test_an_approval_does_not_outlive_the_version_that_it_was_given_for(board: Board) -> None:
    board.approved()
    between = contract(version="1.0.1", operations=["order", "cancel"], title="Other words")
    assert board.publish(between).status_code == 201

    refused = board.publish().json()

    assert refused["code"] == "change_not_usable"
    assert [one["code"] for one in refused["errors"]] == ["change_outdated"]


def test_a_consumer_that_appears_later_is_asked_first(board: Board, registry: RegistryUnderTest) -> None:
    board.approved()
    registry.team("sales-team")
    registry.consumer("mobile-app", "sales-team")
    board.report_usage(consumer="mobile-app")

    refused = board.publish().json()

    assert [one["code"] for one in refused["errors"]] == ["consumers_changed"]
    assert "sales-team" in refused["detail"]


def test_a_change_is_made_in_its_window(board: Board, clock: FakeClock) -> None:
    window = {"windowStart": "2026-11-02T08:05:00Z", "windowEnd": "2026-11-02T08:09:00Z"}
    change = board.approved(**window)

    early = board.publish().json()
    shut = board.gate(change)
    clock.pass_time(minutes=5)
    open_now = board.gate(change)
    published = board.publish()

    assert [one["code"] for one in early["errors"]] == ["window_closed"]
    assert shut.status_code == 409
    assert (open_now.status_code, published.status_code) == (200, 201)


def test_the_gate_gives_every_reason(board: Board) -> None:
    change = board.opened()

    closed = board.gate(change, "test")
    board.decide(change, board.colleague)
    board.decide(change, board.consumer_team)
    opened = board.gate(change)

    assert (closed.status_code, closed.json()["code"]) == (409, "gate_closed")
    assert [one["code"] for one in closed.json()["errors"]] == [
        "environment_not_asked_for",
        "approval_missing",
        "approval_missing",
        "eyes_missing",
    ]
    assert (opened.status_code, opened.json()["open"]) == (200, True)


def test_a_rejection_ends_it(board: Board) -> None:
    change = board.opened()
    board.decide(change, board.colleague)

    rejected = board.decide(change, board.consumer_team, "reject", text="We need order.").json()
    late = board.decide(change, board.board)

    assert rejected["state"] == "rejected"
    assert rejected["entries"][-1]["text"] == "We need order."
    assert late.json()["code"] == "change_closed"
    assert board.publish().status_code == 409


def test_a_withdrawn_approval_is_none(board: Board) -> None:
    change = board.approved()

    stranger = board.withdraw(change, board.consumer_team)
    withdrawn = board.withdraw(change)
    again = board.withdraw(change)

    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_author")
    assert (withdrawn.status_code, again.status_code) == (200, 200)
    assert withdrawn.json()["entries"] == again.json()["entries"]
    assert board.publish().status_code == 409


def test_the_same_words_are_said_once(board: Board) -> None:
    change = board.opened()
    path = f"/changes/{change['id']}/comments"

    for _ in range(2):
        said = board.registry.call("POST", path, token=board.consumer_team, json={"text": "When?"})

    assert [entry["text"] for entry in said.json()["entries"]] == [None, "When?"]


def test_the_same_change_is_asked_for_once(board: Board) -> None:
    first, second = board.open(), board.open()

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_the_same_approval_again_changes_nothing(board: Board) -> None:
    change = board.opened()

    first, second = (board.decide(change, board.colleague) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.json(), first.headers["ETag"]) == (second.json(), second.headers["ETag"])


def test_a_standard_change_breaks_nothing_and_is_tested(board: Board) -> None:
    refused = board.open(type="standard").json()

    assert refused["code"] == "change_type_refused"
    assert "breaking" in refused["detail"]
    assert "missing" in refused["detail"]


def test_an_emergency_goes_to_the_board_and_does_not_wait_for_consumers(
    board: Board, clock: FakeClock
) -> None:
    change = board.opened(type="emergency")
    board.decide(change, board.colleague)
    decided = board.decide(change, board.board).json()

    assert [one["role"] for one in change["requirements"]] == ["owner", "board"]
    assert decided["state"] == "approved"
    assert change["expiresAt"] == "2026-11-03T08:00:00Z"


def test_another_team_proposes_and_the_owner_decides(board: Board, registry: RegistryUnderTest) -> None:
    stranger = registry.team("crm-team")

    change = board.opened(token=stranger)
    board.decide(change, board.colleague)
    board.decide(change, board.consumer_team)

    assert change["authorTeam"] == "crm-team"
    assert board.publish(token=stranger).status_code == 403
    assert board.publish().status_code == 201


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (contract(version="2.0.0", operations=[]), "change_not_needed"),
        (contract(version="1.0.0", operations=[]), "version_exists"),
        (contract(version="0.9.0", operations=[]), "version_not_increasing"),
        (contract(version="1.0.1", operations=["order", "cancel", "ship"]), "version_bump_too_small"),
        (contract(version="1.1.0", owner="account-team"), "owner_changed"),
    ],
)
def test_what_no_approval_can_make_right_is_refused(board: Board, text: str, code: str) -> None:
    refused = board.open(text)

    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_requests_that_get_in_each_others_way_name_each_other(board: Board) -> None:
    first = board.opened()
    second = board.opened(text=contract(version="1.2.0", operations=["cancel"]))

    assert [one["change"] for one in board.get(first)["collisions"]] == [second["id"]]


def test_a_team_finds_what_waits_for_it(board: Board) -> None:
    change = board.opened()

    def found(**query: str) -> list[str]:
        items = board.registry.call("GET", "/changes", params=query).json()["items"]
        return [item["id"] for item in items]

    assert found(team="account-team", state="open") == [change["id"]]
    assert found(team=BOARD) == []
    assert found(contract="orders", state="approved") == []
    assert found(contract="orders") == [change["id"]]


def test_lists_are_read_page_by_page(board: Board) -> None:
    made = [
        board.opened(text=contract(version=f"1.{minor}.0", operations=["cancel"]))["id"]
        for minor in (1, 2, 3)
    ]

    first = board.registry.call("GET", "/changes", params={"limit": 2}).json()
    rest = board.registry.call("GET", "/changes", params={"limit": 2, "cursor": first["nextCursor"]}).json()

    assert sorted(item["id"] for item in first["items"] + rest["items"]) == sorted(made)
    assert rest["nextCursor"] is None


def test_everything_that_happens_is_in_the_audit(board: Board) -> None:
    change = board.approved()
    board.publish()

    entries = audited(board.registry.store, "change.")
    published = audited(board.registry.store, "contract.published")[-1]
    assert [entry["action"] for entry in entries] == ["change.opened", "change.approved", "change.approved"]
    assert {entry["subject"] for entry in entries} == {change["id"]}
    assert published["detail"]["change"] == change["id"]


def test_an_unknown_change_is_not_found(board: Board) -> None:
    missing = board.registry.call("GET", f"/changes/chg_{'0' * 24}")

    assert (missing.status_code, missing.json()["code"]) == (404, "change_not_found")
    assert json.loads(missing.text)["retryable"] is False
