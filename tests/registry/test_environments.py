"""A version moves from environment to environment when nothing speaks against it; all reasons are given."""

from __future__ import annotations

import pytest

from tests.registry.change_calls import Board, board_of
from tests.registry.harness import FakeClock, RegistryUnderTest, contract

MORE = contract(version="1.1.0", operations=["order", "cancel", "ship"])


@pytest.fixture
def board(anywhere: RegistryUnderTest) -> Board:
    return board_of(anywhere)


def test_a_version_passes_through_the_environments_in_their_order(board: Board) -> None:
    assert board.reasons("1.0.0", "dev") == []
    assert board.reasons("1.0.0", "test") == ["not_in_earlier_environment", "tests_missing"]

    board.in_prod("1.0.0")
    page = board.registry.call("GET", "/environments/prod/deployments").json()

    assert [(one["contract"], one["version"]) for one in page["items"]] == [("orders", "1.0.0")]
    assert board.promote("1.0.0", "prod").status_code == 200


def test_a_refused_move_names_every_reason(board: Board) -> None:
    board.in_prod("1.0.0")
    change = board.approved(environments=["test"])
    assert board.publish().status_code == 201
    board.tested(board.bundle("1.1.0"), "failed")
    board.freeze("prod")
    board.freeze(None)

    refused = board.promote("1.1.0", "prod")

    assert (refused.status_code, refused.json()["code"]) == (409, "promotion_refused")
    assert [one["code"] for one in refused.json()["errors"]] == [
        "not_in_earlier_environment",
        "tests_failed",
        "frozen",
        "frozen",
        "change_breaking",
        "consumer_affected",
    ]
    assert "portal of account-team is broken: 7 calls lately." in refused.json()["detail"]
    assert change["plan"]["environments"] == ["test"]


def test_what_the_board_agreed_to_moves_where_it_was_asked_for(board: Board) -> None:
    board.in_prod("1.0.0")
    board.approved(environments=["dev", "test"])
    board.publish()
    board.tested(board.bundle("1.1.0"))

    assert board.promote("1.1.0", "dev").status_code == 201
    moved = board.promote("1.1.0", "test").json()

    assert moved["deployment"]["change"].startswith("chg_")
    assert board.reasons("1.1.0", "prod") == ["change_breaking", "consumer_affected"]


def test_tests_count_for_exactly_the_content_and_the_last_run_of_each_suite(board: Board) -> None:
    board.promote("1.0.0", "dev")
    bundle = board.bundle("1.0.0")

    assert board.tested("0" * 64) == 201
    assert board.reasons("1.0.0", "test") == ["tests_missing"]
    assert board.tested(bundle, "failed") == 201
    assert board.tested(bundle, run="2") == 201
    assert board.reasons("1.0.0", "test") == []
    assert board.tested(bundle, "failed", suite="load") == 201
    assert board.reasons("1.0.0", "test") == ["tests_failed"]


def test_a_run_is_recorded_once_and_never_changes(board: Board) -> None:
    bundle = board.bundle("1.0.0")

    answers = [board.tested(bundle), board.tested(bundle), board.tested(bundle, "failed")]

    assert answers == [201, 200, 409]


def test_a_freeze_holds_until_it_ends_or_is_lifted(board: Board, clock: FakeClock) -> None:
    freeze = board.freeze("dev").json()
    again = board.freeze("dev").json()
    frozen = board.reasons("1.0.0", "dev")
    elsewhere = board.freeze("prod")
    path = f"/freezes/{freeze['id']}"
    lifted = board.registry.call("DELETE", path, token=board.board)
    twice = board.registry.call("DELETE", path, token=board.board)

    assert again["id"] == freeze["id"]
    assert (frozen, elsewhere.status_code) == (["frozen"], 201)
    assert (lifted.status_code, twice.status_code) == (204, 404)
    assert board.reasons("1.0.0", "dev") == []
    board.freeze("dev")
    clock.pass_time(hours=1)
    board.registry.tokens.clear()
    assert board.reasons("1.0.0", "dev") == []


def test_only_the_board_freezes(board: Board) -> None:
    body = {"startsAt": "2026-12-24T00:00:00Z", "endsAt": "2027-01-02T00:00:00Z", "reason": "Rest."}

    refused = board.registry.call("POST", "/freezes", token=board.colleague, json=body)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_board")


def test_a_freeze_closes_the_gate_but_not_for_an_emergency(board: Board) -> None:
    normal = board.approved()
    board.freeze("prod")
    emergency = board.approved(type="emergency")

    assert [one["code"] for one in board.gate(normal).json()["errors"]] == ["frozen"]
    assert [one["environment"] for one in board.get(normal)["freezes"]] == ["prod"]
    assert board.gate(emergency).status_code == 200


def test_a_version_is_taken_back_to_what_it_replaced(board: Board) -> None:
    board.in_prod("1.0.0")
    board.publish(MORE)
    board.in_prod("1.1.0")
    board.freeze("prod")

    back = board.roll_back("1.1.0", "prod")
    again = board.roll_back("1.1.0", "prod")
    out = board.roll_back("1.0.0", "prod")
    nothing = board.roll_back("1.0.0", "prod")

    assert back.json()["deployment"]["version"] == "1.0.0"
    assert (again.status_code, again.json()["code"]) == (409, "deployment_changed")
    assert out.json() == {"deployment": None}
    assert (nothing.status_code, nothing.json()["code"]) == (404, "deployment_not_found")


def test_a_version_that_was_taken_back_moves_again(board: Board) -> None:
    board.in_prod("1.0.0")
    board.publish(MORE)
    board.in_prod("1.1.0")
    board.roll_back("1.1.0", "prod")

    again = board.promote("1.1.0", "prod")

    assert again.status_code == 201


def test_only_the_owner_moves_versions(board: Board) -> None:
    refused = board.promote("1.0.0", "dev", token=board.consumer_team)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")


def test_a_version_after_its_sunset_does_not_move(board: Board) -> None:
    version = "/contracts/orders/versions/1.0.0"
    tag = board.registry.call("GET", version).headers["ETag"]
    body = {"state": "sunset"}
    headers = {"If-Match": tag}
    board.registry.call("PUT", f"{version}/lifecycle", token=board.author, json=body, headers=headers)

    assert board.reasons("1.0.0", "dev") == ["version_withdrawn"]


def test_an_unknown_environment_is_not_found(board: Board) -> None:
    answers = [
        board.promote("1.0.0", "moon").status_code,
        board.registry.call("GET", "/environments/moon/deployments").status_code,
        board.open(environments=["moon"]).status_code,
    ]

    assert answers == [404, 404, 404]


def test_a_standard_change_passes_without_a_board(board: Board, anywhere: RegistryUnderTest) -> None:
    same = contract(version="1.0.1", operations=["order", "cancel"], title="Better words")
    dry = anywhere.publish(board.author, same, "orders", params={"dryRun": "true"}).json()
    board.tested(dry["bundleSha256"])

    change = board.opened(text=same, type="standard")

    assert (change["state"], change["requirements"], change["eyesMin"]) == ("approved", [], 0)
    assert board.gate(change).status_code == 200
