"""Change requests in the portal: found by those they concern, decided by them, told as they happened."""

from __future__ import annotations

from typing import Any

import pytest

from registry.usecases.accounts import add_account
from tests.registry.change_calls import BOARD, Board, board_of
from tests.registry.harness import RegistryUnderTest
from tests.registry.readers import PASSWORD, Reader


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    return board_of(registry)


def reader(board: Board, name: str, team: str | None) -> Reader:
    add_account(board.registry.store, board.registry.clock, name, name.title(), team, PASSWORD)
    found = Reader(board.registry)
    assert found.sign_in(name).status_code == 303
    return found


def decide(who: Reader, change: Any, decision: str, text: str = "", **more: str) -> Any:
    form = {"decision": decision, "digest": change["digest"], "text": text} | more
    return who.post(f"/portal/changes/{change['id']}/decision", **form)


def test_people_of_the_teams_concerned_agree_and_the_change_passes(board: Board) -> None:
    change = board.opened()
    owner, consumer = reader(board, "olga", "erp-team"), reader(board, "carl", "account-team")
    inbox = consumer.get("/portal/changes").text
    page = consumer.get(f"/portal/changes/{change['id']}").text

    assert f"/portal/changes/{change['id']}" in inbox
    for words in (
        "Cancel only",
        "Nobody orders.",
        "order is gone.",
        "account-team",
        "portal",
        "still to come",
    ):
        assert words in page
    assert "Decide for account-team" in page
    assert decide(consumer, change, "approve", "Fine with us.").status_code == 303
    assert decide(owner, change, "approve").status_code == 303
    told = owner.get(f"/portal/changes/{change['id']}").text
    assert "account:carl" in told
    assert "Fine with us." in told
    assert "Decide for" not in told
    assert board.get(change)["state"] == "approved"
    assert board.publish().status_code == 201
    assert f"/portal/changes/{change['id']}" not in consumer.get("/portal/changes").text
    assert f"/portal/changes/{change['id']}" in consumer.get("/portal/changes?state=implemented").text


def test_a_rejection_says_why(board: Board) -> None:
    change = board.opened()
    consumer = reader(board, "carl", "account-team")

    assert decide(consumer, change, "reject").status_code == 422
    assert board.get(change)["state"] == "open"
    assert decide(consumer, change, "reject", "We order daily.").status_code == 303
    assert board.get(change)["state"] == "rejected"
    assert decide(consumer, change, "maybe").status_code == 422


@pytest.mark.parametrize(("name", "team"), [("susi", "sales-team"), ("root", None)])
def test_who_is_not_asked_reads_and_comments_but_does_not_decide(
    board: Board, name: str, team: str | None
) -> None:
    board.registry.team("sales-team")
    change = board.opened()
    stranger = reader(board, name, team)
    page = stranger.get(f"/portal/changes/{change['id']}")

    assert "Decide for" not in page.text
    assert decide(stranger, change, "approve").status_code == 403
    assert stranger.post(f"/portal/changes/{change['id']}/comments", text="A thought").status_code == 303
    assert "A thought" in stranger.get(f"/portal/changes/{change['id']}").text
    assert [one["kind"] for one in board.get(change)["entries"]] == ["opened", "commented"]


def test_what_was_revised_meanwhile_is_not_approved_unread(board: Board) -> None:
    change = board.opened()
    consumer = reader(board, "carl", "account-team")

    assert decide(consumer, change, "approve", digest="0" * 64).status_code == 409
    assert board.get(change)["state"] == "open"


def test_a_decision_comes_from_our_own_page(board: Board) -> None:
    change = board.opened()
    consumer = reader(board, "carl", "account-team")
    path, form = (
        f"/portal/changes/{change['id']}/decision",
        {"decision": "approve", "digest": change["digest"]},
    )

    assert consumer.post(path, {"Sec-Fetch-Site": "cross-site"}, **form).status_code == 403
    assert Reader(board.registry).post(path, **form).headers["Location"].startswith("/portal/sign-in")
    assert board.get(change)["state"] == "open"


def test_words_are_text_and_bounded(board: Board) -> None:
    change = board.opened(title="<b>bold</b>", justification="<script>alert(1)</script>")
    member = reader(board, "bea", BOARD)
    path = f"/portal/changes/{change['id']}"
    member.post(f"{path}/comments", text="<img src=x>")
    page = member.get(path).text

    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert member.post(f"{path}/comments", text="x" * 4_001).status_code == 422
    assert member.post(f"{path}/comments", text=" ").status_code == 422
    assert member.get("/portal/changes/chg_nothing").status_code == 404


def test_an_inbox_without_anything_says_so(board: Board) -> None:
    assert (
        "Nothing waits for enterprise-architecture."
        in reader(board, "bea", BOARD).get("/portal/changes").text
    )
    assert "There is none." in reader(board, "root", None).get("/portal/changes").text
