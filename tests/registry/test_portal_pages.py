"""Pages of the portal without a browser: who sees what, and that numbers agree with what the API says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from registry.model import UsageCount
from registry.storage.store import SqlStore
from registry.usecases.accounts import add_account
from tests.registry.change_calls import BOARD, Board, board_of
from tests.registry.harness import START, RegistryUnderTest
from tests.registry.portal_world import LONG_NAME, World, world
from tests.registry.readers import PASSWORD, Reader

HOME = "/portal/"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = world(tmp_path_factory.mktemp("pages"))
    yield made
    made.registry.close()


@pytest.fixture
def bea(firm: World) -> Reader:
    return signed_in(firm, "bea")


def signed_in(firm: World, name: str) -> Reader:
    reader = Reader(firm.registry)
    assert reader.sign_in(name).status_code == 303
    return reader


def test_usage_by_day_adds_up_to_usage(store: SqlStore) -> None:
    today = START.date()
    counts = [
        UsageCount(
            consumer,
            "orders",
            version,
            "GET /orders",
            status,
            today - timedelta(days=back),
            3 + back,
            START,
            START,
        )
        for consumer in ("portal", "console")
        for version in ("1.0.0", "1.1.0")
        for status in (200, 404)
        for back in range(4)
    ]
    with store.writing() as transaction:
        transaction.traffic.add_usage(counts)
    since = today - timedelta(days=2)
    with store.reading() as transaction:
        daily = transaction.traffic.usage_by_day("orders", since, 100)
        usage = transaction.traffic.usage("orders", since, None, 100)

    assert [(one.day, one.consumer) for one in daily] == [
        (today - timedelta(days=back), consumer) for back in range(3) for consumer in ("console", "portal")
    ]
    assert sum(one.calls for one in daily) == sum(one.calls for one in usage)
    assert sum(one.errors for one in daily) == sum(one.errors for one in usage)
    with store.reading() as transaction:
        assert len(transaction.traffic.usage_by_day("orders", since, 2)) == 2


def test_a_search_shows_what_fits_and_escapes_it(bea: Reader) -> None:
    page = bea.get("/portal/?q=purchase+order").text

    assert "<mark>purchase</mark><mark>Order</mark>Ref" in page
    assert "4 versions in force with “purchase order”" in page
    assert "&lt;script&gt;" in bea.get("/portal/?q=%3Cscript%3E").text
    assert bea.get("/portal/?q=order&after=9999999999999999999").status_code == 200
    assert bea.get("/portal/?q=order&after=abc").status_code == 200


def test_a_scorecard_says_what_lifts_a_contract(bea: Reader) -> None:
    card = bea.get(f"/portal/contracts/{LONG_NAME}/scorecard").text
    table = bea.get("/portal/scorecards").text

    assert "What lifts it to gold" in card
    assert "lint.component_unused" in card
    assert "lifts it to gold" in table
    assert "There is no higher one." in bea.get("/portal/contracts/erp-orders/scorecard").text
    assert "No contract of nobody" in bea.get("/portal/scorecards?owner=nobody").text


def test_the_graph_draws_what_its_table_lists(firm: World, bea: Reader) -> None:
    graph = firm.registry.call(
        "GET", "/catalog/graph", params={"focus": "contract:erp-orders", "depth": 1}
    ).json()
    page = bea.get("/portal/contracts/erp-orders/graph").text

    assert page.count('<path class="edge ') == len(graph["edges"])
    assert page.count('<g class="node ') == len(graph["nodes"])
    assert page.count("<tr>") == len(graph["edges"]) + 1
    assert bea.get("/portal/contracts/erp-orders/graph?depth=nothing").status_code == 200


def test_the_audit_is_read_by_the_board_and_administrators_only(firm: World) -> None:
    found = firm.registry.call("GET", "/audit", params={"action": "contract.published"}).json()["items"]
    entry = found[0]["index"]
    for name, status in (("bea", 200), ("root", 200), ("carl", 403), ("anna", 403)):
        reader = signed_in(firm, name)
        statuses = {
            reader.get(path).status_code
            for path in ("/portal/audit", f"/portal/audit/{entry}", "/portal/audit/checkpoint")
        }
        assert statuses == {status}, name
    assert signed_in(firm, "root").get("/portal/audit/0").status_code == 200
    assert signed_in(firm, "bea").get("/portal/audit/0").status_code == 404, "about no contract"


def test_an_audit_entry_that_is_not_there_is_told(bea: Reader) -> None:
    for number in ("999999", "-1", "abc", "9" * 30):
        assert bea.get(f"/portal/audit/{number}").status_code == 404
    assert bea.get("/portal/audit?since=yesterday").status_code == 422
    assert "No entry fits" in bea.get("/portal/audit?actor=nobody").text


def test_a_checkpoint_is_a_file_that_the_keys_of_the_registry_signed(firm: World, bea: Reader) -> None:
    answer = bea.get("/portal/audit/checkpoint")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.text == firm.registry.call("GET", "/audit/checkpoint").text


def test_the_report_of_a_change_is_a_file_for_the_board(firm: World, bea: Reader) -> None:
    answer = bea.get(f"/portal/changes/{firm.changes['tax']}/report")

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "taxCategory" in answer.text


def test_a_script_whose_session_ended_is_led_to_the_sign_in_page(firm: World) -> None:
    answer = firm.registry.send("GET", "/portal/?q=order", headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == "/portal/sign-in?next=/portal/?q%3Dorder"
    assert answer.text == ""


@pytest.mark.parametrize(
    ("theme", "kept"), [("dark", "dark"), ("light", "light"), ("system", None), ("x", None)]
)
def test_colours_are_a_cookie_and_lead_back_to_the_page(firm: World, theme: str, kept: str | None) -> None:
    reader = Reader(firm.registry)
    answer = reader.post("/portal/theme", theme=theme, back="/portal/sign-in")
    page = reader.get("/portal/sign-in").text

    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/sign-in")
    assert re.findall('data-theme="([a-z]+)"', page) == ([kept] if kept else [])
    assert (
        reader.post("/portal/theme", theme="dark", back="https://evil.test/").headers["Location"]
        == "/portal/"
    )
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert reader.post("/portal/theme", foreign, theme="dark").status_code == 403


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    return board_of(registry)


def member(board: Board, name: str, team: str | None) -> Reader:
    add_account(board.registry.store, board.registry.clock, name, name.title(), team, PASSWORD)
    reader = Reader(board.registry)
    reader.sign_in(name)
    return reader


def test_an_inbox_holds_what_is_asked_of_the_team_until_it_agreed(board: Board) -> None:
    change = board.opened()
    carl, olga = member(board, "carl", "account-team"), member(board, "olga", "erp-team")
    address = f"/portal/changes/{change['id']}"

    assert address in carl.get("/portal/inbox").text
    assert address in olga.get("/portal/inbox").text
    assert "Nothing waits for" in member(board, "bea", BOARD).get("/portal/inbox").text
    assert "Nothing is asked of an administrator" in member(board, "root", None).get("/portal/inbox").text
    assert carl.post(f"{address}/decision", decision="approve", digest=change["digest"]).status_code == 303
    assert address not in carl.get("/portal/inbox").text
    assert olga.post(f"{address}/decision", decision="approve", digest=change["digest"]).status_code == 303
    told = olga.get("/portal/inbox").text
    assert "Yours to go on with" in told
    assert "Publish exactly this content" in told


def test_a_consumer_page_names_the_changes_that_hit_it(board: Board) -> None:
    change = board.opened()
    page = member(board, "carl", "account-team").get("/portal/consumers/portal").text

    assert f"/portal/changes/{change['id']}" in page
    assert "/portal/contracts/orders" in page
    assert member(board, "bea", BOARD).get("/portal/consumers/nobody").status_code == 404
