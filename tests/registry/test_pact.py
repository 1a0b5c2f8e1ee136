"""Pact's question, may it be deployed, answered from deployments, uses and judged changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.registry.change_calls import Board, board_of
from tests.registry.harness import FakeClock, RegistryUnderTest, audited, basic, contract, start

MORE = contract(version="1.1.0", operations=["order", "cancel", "ship"])


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    return in_prod(registry)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """As `board`, for tests that only ask."""
    registry = start(f"sqlite:///{tmp_path_factory.mktemp('pact') / 'registry.db'}", FakeClock())
    yield in_prod(registry)
    registry.close()


def in_prod(registry: RegistryUnderTest) -> Board:
    """`orders` 1.0.0 in prod, called by `portal` of the account team."""
    found = board_of(registry)
    found.in_prod("1.0.0")
    return found


def get(board: Board, path: str, **options: Any) -> httpx.Response:
    headers = options.pop("headers", None) or basic(
        board.registry.admin["clientId"], board.registry.admin["clientSecret"]
    )
    return board.registry.send("GET", f"/pact{path}", headers=headers, **options)


def matrix(board: Board, *pairs: tuple[str, str]) -> Any:
    response = get(board, f"/matrix?{urlencode(pairs)}")
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("application/hal+json")
    return response.json()


def selector(name: str, **members: str) -> list[tuple[str, str]]:
    return [("q[][pacticipant]", name), *((f"q[][{member}]", value) for member, value in members.items())]


def rows(found: Any) -> list[tuple[str, str, str, str | None, bool | None]]:
    return [
        (
            one["consumer"]["name"],
            one["consumer"]["version"]["number"],
            one["provider"]["name"],
            one["provider"]["version"]["number"] if one["provider"]["version"] else None,
            one["verificationResult"]["success"] if one["verificationResult"] else None,
        )
        for one in found["matrix"]
    ]


def declare(board: Board, *operations: str, consumer: str = "portal", major: int = 1) -> None:
    body = {"contract": "orders", "major": major, "operations": list(operations)}
    path = f"/consumers/{consumer}/subscriptions"
    assert board.registry.call("POST", path, json=body).status_code == 201


def test_a_version_that_hits_nobody_is_deployable(board: Board) -> None:
    board.publish(MORE)
    for environment in ("dev", "test"):
        board.tested(board.bundle("1.1.0"))
        assert board.promote("1.1.0", environment).status_code == 201

    found = matrix(board, *selector("orders", version="1.1.0"), ("environment", "prod"))

    assert found["summary"]["deployable"] is True
    assert rows(found) == [("portal", "current", "orders", "1.1.0", True)]
    assert found["notices"][0]["type"] == "success"
    assert board.reasons("1.1.0", "prod") == []


def test_a_version_that_breaks_a_consumer_is_not_and_every_reason_is_told(board: Board) -> None:
    board.approved(environments=["test"])
    board.publish()

    found = matrix(board, *selector("orders", version="1.1.0"), ("environment", "prod"))

    assert found["summary"]["deployable"] is False
    assert rows(found) == [("portal", "current", "orders", "1.1.0", False)]
    reason = found["summary"]["reason"]
    assert "portal is broken by the change to orders 1.1.0" in reason
    assert "orders 1.1.0 is not in test" in reason
    assert (found["summary"]["failed"], found["summary"]["unknown"]) == (3, 1)


def test_it_agrees_with_promotion_where_the_board_let_a_break_pass(board: Board) -> None:
    board.approved(environments=["dev"])
    board.publish()

    found = matrix(board, *selector("orders", version="1.1.0"), ("environment", "dev"))

    assert board.reasons("1.1.0", "dev") == []
    assert found["summary"]["deployable"] is True
    assert "was approved for this change" in found["notices"][-1]["text"]


def test_missing_tests_are_unknown_and_not_deployable(board: Board) -> None:
    board.publish(MORE)
    board.promote("1.1.0", "dev")

    found = matrix(board, *selector("orders", version="1.1.0"), ("environment", "test"))

    assert found["summary"]["deployable"] is None
    assert found["summary"]["unknown"] == 1


def test_a_freeze_stops_a_deployment(board: Board) -> None:
    board.freeze("prod")

    found = matrix(board, *selector("orders", version="1.0.0"), ("environment", "prod"))

    assert found["summary"]["deployable"] is False
    assert "frozen" in found["summary"]["reason"]


def test_a_consumer_needs_what_it_uses_where_it_goes(anywhere: RegistryUnderTest) -> None:
    board = in_prod(anywhere)
    found = matrix(board, *selector("portal", version="7f3"), ("environment", "prod"))
    board.publish(MORE)
    declare(board, "order", "ship")
    missing = matrix(board, *selector("portal", version="7f3"), ("environment", "prod"))

    assert found["summary"]["deployable"] is True
    assert rows(found) == [("portal", "7f3", "orders", "1.0.0", True)]
    assert missing["summary"]["deployable"] is False
    assert "portal uses ship, which orders 1.0.0 does not have" in missing["summary"]["reason"]


def test_a_consumer_of_what_is_not_deployed_is_unknown(board: Board) -> None:
    body = {"contract": "orders", "major": 1}
    plan = {"requestsPerSecond": 5, "burst": 10}
    registry = board.registry
    made = {"name": "other", "owner": "account-team", "layer": "experience", "plan": plan}
    registry.call("POST", "/consumers", json=made)
    registry.call("POST", "/consumers/other/subscriptions", json=body)
    registry.call(
        "POST",
        "/environments/dev/rollbacks",
        token=board.author,
        json={"contract": "orders", "version": "1.0.0"},
    )

    found = matrix(board, *selector("other", version="1"), ("environment", "dev"))

    assert rows(found) == [("other", "1", "orders", None, None)]
    assert (found["summary"]["deployable"], found["summary"]["unknown"]) == (None, 1)


def test_two_applications_are_asked_about_together(board: Board) -> None:
    board.approved(environments=["dev"])
    board.publish()

    old = matrix(board, *selector("portal", version="7"), *selector("orders", version="1.0.0"))
    new = matrix(board, *selector("portal", version="7"), *selector("orders", latest="true"))
    prod = matrix(board, *selector("portal", latest="true"), *selector("orders", latest="true", tag="prod"))

    assert rows(old) == [("portal", "7", "orders", "1.0.0", True)]
    assert rows(new) == [("portal", "7", "orders", "1.1.0", False)]
    assert rows(prod) == [("portal", "current", "orders", "1.0.0", True)]
    assert [one["summary"]["deployable"] for one in (old, new, prod)] == [True, False, True]


def test_an_ignored_application_is_shown_and_does_not_count(board: Board) -> None:
    board.approved(environments=["dev"])
    board.publish()
    asked = selector("orders", latest="true")

    counted = matrix(board, *asked)
    ignored = matrix(board, *asked, ("ignore[][pacticipant]", "portal"))

    assert counted["summary"]["deployable"] is False
    assert ignored["summary"]["deployable"] is True
    assert ignored["matrix"][0]["ignored"] is True


def test_the_simple_question_has_the_same_answer(quiet: Board) -> None:
    board = quiet
    asked = {"pacticipant": "orders", "version": "1.0.0"}

    by_environment = get(board, "/can-i-deploy", params=asked | {"environment": "prod"}).json()
    by_tag = get(board, "/can-i-deploy", params=asked | {"to": "prod"}).json()

    assert by_environment == by_tag
    assert by_environment == matrix(board, *selector("orders", version="1.0.0"), ("tag", "prod"))


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (selector("nobody", version="1"), "Pacticipant nobody not found"),
        ([*selector("orders"), ("environment", "mars")], "Environment with name 'mars' does not exist"),
        (selector("orders", branch="main"), "keeps no branches"),
        ([("environment", "prod")], "1 or more version selectors"),
        ([("q[][version]", "1.0.0")], "pacticipant name"),
        (selector("nul\x00", version="1"), "not found"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_the_brokers_form(
    quiet: Board, pairs: list[tuple[str, str]], said: str
) -> None:
    refused = get(quiet, f"/matrix?{urlencode(pairs)}")

    assert refused.status_code == 400
    assert said in refused.json()["errors"][0]


def test_an_unknown_version_is_unknown(quiet: Board) -> None:
    unknown = [
        matrix(quiet, *selector("orders", version=number), ("environment", "prod"))["summary"]
        for number in ("9.9.9", "no version", "1.0.0\n")
    ]

    assert [one["deployable"] for one in unknown] == [None, None, None]
    assert unknown[0]["reason"] == "No version with number 9.9.9 exists for orders"


def test_links_lead_from_the_entrance_to_a_recorded_deployment(registry: RegistryUnderTest) -> None:
    board = board_of(registry)
    bearer = {"Authorization": f"Bearer {board.author}"}

    index = get(board, "").json()["_links"]
    version = get(board, "/pacticipants/orders/versions/1.0.0", headers=bearer).json()
    links = {one["name"]: one["href"] for one in version["_links"]["pb:record-deployment"]}
    made = registry.send("POST", links["dev"], headers=bearer, json={"target": "dev"})
    refused = registry.send("POST", links["prod"], headers=bearer, json={"target": "prod"})

    assert index["pb:environments"]["href"] == "http://registry.test/pact/environments"
    environments = get(board, "/environments").json()["_embedded"]["environments"]
    assert [(one["name"], one["production"]) for one in environments] == [
        ("dev", False),
        ("test", False),
        ("prod", True),
    ]
    assert get(board, "/environments/dev").json() == environments[0]
    assert get(board, "/pacticipants/portal").json()["name"] == "portal"
    assert (made.status_code, made.json()["currentlyDeployed"]) == (201, True)
    assert refused.status_code == 409
    assert any("not in test" in text for text in refused.json()["errors"])
    page = registry.call("GET", "/environments/dev/deployments").json()
    assert [one["contract"] for one in page["items"]] == ["orders"]


@pytest.mark.parametrize(
    "path", ["/pacticipants/no", "/pacticipants/orders/versions/7.0.0", "/environments/no"]
)
def test_what_is_not_there_is_404(quiet: Board, path: str) -> None:
    assert get(quiet, path).status_code == 404


def test_who_may_not_is_refused_and_the_attempt_is_kept(registry: RegistryUnderTest) -> None:
    board = board_of(registry)
    where = "/pact/pacticipants/orders/versions/1.0.0/deployed-versions/environment/dev"
    reader = registry.team("crm-team", ["registry:read"])
    stranger = registry.team("other-team")

    nobody = get(board, "/matrix", headers={"X-None": "1"})
    wrong = get(board, "/matrix", headers=basic("admin", "wrong"))
    no_scope = registry.send("POST", where, headers={"Authorization": f"Bearer {reader}"})
    not_owner = registry.send("POST", where, headers={"Authorization": f"Bearer {stranger}"})
    portal = where.replace("orders", "portal")
    of_consumer = registry.send("POST", portal, headers={"Authorization": f"Bearer {board.author}"})

    assert (nobody.status_code, wrong.status_code) == (401, 401)
    assert "Basic" in nobody.headers["WWW-Authenticate"]
    assert (no_scope.status_code, not_owner.status_code, of_consumer.status_code) == (403, 403, 422)
    denied = [one["detail"]["code"] for one in audited(registry.store, "access.denied")]
    assert denied[-2:] == ["insufficient_scope", "not_owner"]
