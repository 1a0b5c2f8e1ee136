"""A version ends by a plan: those whom it concerns are told, and nobody is cut off unnamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.config import PlanPolicy
from registry.model import rfc3339
from registry.model.plans import NoticeReason, PlanDefinition, moments_of, next_moment
from registry.usecases.plans import advance
from tests.registry.change_calls import Board, board_of
from tests.registry.harness import START, FakeClock, RegistryUnderTest, audited, contract, start
from tests.registry.webhook_calls import (
    LOOPBACK,
    Receiver,
    deliver,
    hooked,
    pass_time,
    receiver,
    services,
)

PATH = "/contracts/orders/deprecation-plans/1"


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """A registry on SQLite that may call loopback."""
    started = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=LOOPBACK)
    yield started
    started.close()


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    """`orders` 1.0.0, called by `portal` of account-team, and 2.0.0."""
    return with_successor(registry)


@pytest.fixture
def board_anywhere(anywhere: RegistryUnderTest) -> Board:
    """The same over each kind of database."""
    return with_successor(anywhere)


def with_successor(registry: RegistryUnderTest) -> Board:
    made = board_of(registry)
    assert registry.publish(made.author, contract(version="2.0.0"), "orders").status_code == 201
    return made


@pytest.fixture
def telling(board: Board) -> Iterator[tuple[Board, Receiver]]:
    """The same, with webhooks of both teams and of a third."""
    with receiver() as receiving:
        for path, team in (("/owner", "erp-team"), ("/consumer", "account-team"), ("/stranger", "crm-team")):
            hooked(board.registry, receiving.url(path), team, types=["deprecation.notice"])
        hooked(board.registry, receiving.url("/catalog"), "crm-team")
        yield board, receiving


def days(number: float) -> str:
    return rfc3339(START + timedelta(days=number))


def plan(board: Board, tag: str = '"0"', token: str | None = None, **more: Any) -> httpx.Response:
    body = {"deprecateAt": days(10), "sunsetAt": days(100), "successor": "2.0.0", **more}
    return board.registry.call("PUT", PATH, token=token or board.author, json=body, headers={"If-Match": tag})


def planned(board: Board, **more: Any) -> httpx.Response:
    answer = plan(board, **more)
    assert answer.status_code == 200, answer.text
    return answer


def lifecycle(board: Board) -> dict[str, Any]:
    path = "/contracts/orders/versions/1.0.0"
    found: dict[str, Any] = board.registry.call("GET", path).json()["lifecycle"]
    return found


def retire(board: Board) -> httpx.Response:
    registry = board.registry
    path = "/contracts/orders/versions/1.0.0"
    tag = registry.call("GET", path).headers["ETag"]
    body = {"state": "retired"}
    return registry.call("PUT", f"{path}/lifecycle", json=body, headers={"If-Match": tag})


def said(receiving: Receiver, path: str) -> list[tuple[str, list[str]]]:
    """Each notice as its reason and the consumers that it names."""
    found = [json.loads(one.body)["data"] for one in receiving.to(path)]
    return [(one["reason"], [each["consumer"] for each in one["consumers"]]) for one in found]


def lifecycle_events(receiving: Receiver) -> list[str]:
    """What a team that has nothing to do with the version hears."""
    types = [json.loads(one.body)["type"] for one in receiving.to("/catalog")]
    return [one.removeprefix("registry.").removesuffix(".v1") for one in types]


def test_the_dates_of_a_plan_are_the_life_cycle_at_once(board: Board) -> None:
    shown = planned(board).json()

    assert lifecycle(board) == {
        "state": "published",
        "deprecatedAt": days(10),
        "sunsetAt": days(100),
        "successor": "2.0.0",
    }
    assert (shown["state"], shown["nextNoticeAt"], shown["counts"]) == (
        "active",
        days(10),
        {"left": 1, "all": 1},
    )
    assert [(one["consumer"], one["owner"], one["progress"]) for one in shown["consumers"]] == [
        ("portal", "account-team", "calling")
    ]
    entry = audited(board.registry.store, "plan.announced")[0]
    assert entry["detail"]["sunsetAt"] == days(100)


def test_the_dates_come_by_themselves(board: Board) -> None:
    registry = board.registry
    planned(board)
    working = services(registry)
    assert advance(working) == 0
    pass_time(registry, days=10)
    assert advance(working) == 1
    assert lifecycle(board)["state"] == "deprecated"
    assert advance(working) == 0
    pass_time(registry, days=90)
    advance(working)

    assert lifecycle(board)["state"] == "sunset"
    assert registry.call("GET", PATH).json()["nextNoticeAt"] is None
    by_itself = [
        one for one in audited(registry.store, "contract.lifecycle_set") if one["actor"] == "registry"
    ]
    assert [one["detail"]["after"] for one in by_itself] == ["deprecated", "sunset"]


def test_owners_of_consumers_are_told_at_each_date_and_strangers_never(
    telling: tuple[Board, Receiver],
) -> None:
    board, receiving = telling
    registry = board.registry
    planned(board, milestones=[{"at": days(50), "title": "The sandbox is switched off."}])
    for passed in (10, 40, 20, 23, 6, 1):
        deliver(registry)
        pass_time(registry, days=passed)
        board.author = registry.team("erp-team")
        moment = registry.clock()
        board.report_usage(firstSeen=rfc3339(moment), lastSeen=rfc3339(moment), count=passed)
        advance(services(registry))
    deliver(registry)

    assert lifecycle_events(receiving) == ["version.deprecated", "version.sunset"]
    reasons = [reason for reason, _ in said(receiving, "/consumer")]
    assert reasons == [
        "announced",
        "deprecated",
        "milestone",
        "reminder",
        "reminder",
        "reminder",
        "sunset",
    ]
    assert said(receiving, "/consumer") == said(receiving, "/owner")
    assert {tuple(names) for _, names in said(receiving, "/owner")} == {("portal",)}
    assert receiving.to("/stranger") == []


def test_who_has_moved_is_told_from_who_has_not(
    board_anywhere: Board,
) -> None:
    board = board_anywhere
    registry = board.registry
    for name in ("quiet", "mover", "declarer"):
        registry.consumer(name, "account-team")
    body = {"contract": "orders", "major": 1}
    registry.call("POST", "/consumers/declarer/subscriptions", json=body)
    board.report_usage(consumer="quiet")
    board.report_usage(consumer="mover")
    board.report_usage(consumer="unknown-to-us")
    planned(board)
    pass_time(registry, days=9)
    now = rfc3339(registry.clock())
    board.report_usage(firstSeen=now, lastSeen=now, count=3)
    board.report_usage(consumer="mover", version="2.0.0", firstSeen=now, lastSeen=now)

    shown = registry.call("GET", PATH).json()

    assert {one["consumer"]: one["progress"] for one in shown["consumers"]} == {
        "portal": "calling",
        "quiet": "stopped",
        "mover": "moved",
        "declarer": "declared",
        "unknown-to-us": "stopped",
    }
    assert {one["consumer"]: one["owner"] for one in shown["consumers"]}["unknown-to-us"] is None
    assert {one["consumer"]: one["calls"] for one in shown["consumers"]}["portal"] == 3
    assert shown["counts"] == {"left": 2, "all": 5}


def test_a_version_is_not_retired_while_somebody_calls_it_nor_before_the_promise(
    board_anywhere: Board,
) -> None:
    board = board_anywhere
    registry = board.registry
    registry.consumer("declarer", "account-team")
    subscription = registry.call(
        "POST", "/consumers/declarer/subscriptions", json={"contract": "orders", "major": 1}
    ).json()
    planned(board)
    called = retire(board)
    pass_time(registry, days=20)
    promised = retire(board)
    registry.call("DELETE", f"/consumers/declarer/subscriptions/{subscription['id']}")
    early = retire(board)

    assert (called.status_code, called.json()["code"]) == (409, "still_called")
    assert "portal of account-team: 7 calls" in called.json()["detail"]
    assert (promised.status_code, promised.json()["code"]) == (409, "sunset_promised")
    assert "declarer of account-team" in promised.json()["detail"]
    assert early.status_code == 200
    assert registry.call("GET", PATH).json()["state"] == "completed"
    assert advance(services(registry)) == 0
    assert registry.call("DELETE", PATH).json()["code"] == "plan_completed"


def test_while_a_plan_runs_the_life_cycle_is_set_by_the_plan_alone(board: Board) -> None:
    planned(board)
    path = "/contracts/orders/versions/1.0.0"
    tag = board.registry.call("GET", path).headers["ETag"]
    answer = board.registry.call(
        "PUT", f"{path}/lifecycle", json={"state": "published"}, headers={"If-Match": tag}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_active")


def test_a_plan_is_revised_by_who_has_read_it_and_withdrawn_for_good(
    telling: tuple[Board, Receiver],
) -> None:
    board, receiving = telling
    first = planned(board)
    assert plan(board).status_code == 412
    deliver(board.registry)
    revised = planned(board, tag=first.headers["ETag"], sunsetAt=days(200))
    assert revised.json()["sunsetAt"] == days(200)
    deliver(board.registry)
    assert board.registry.call("DELETE", PATH, token=board.author).status_code == 204
    assert board.registry.call("DELETE", PATH, token=board.author).status_code == 204
    deliver(board.registry)

    assert lifecycle(board) == {
        "state": "published",
        "deprecatedAt": None,
        "sunsetAt": None,
        "successor": None,
    }
    assert [reason for reason, _ in said(receiving, "/consumer")] == ["announced", "revised", "withdrawn"]
    plans = board.registry.call("GET", "/deprecation-plans").json()["items"]
    assert [(one["contract"], one["major"], one["state"]) for one in plans] == [("orders", 1, "withdrawn")]
    assert board.registry.call("GET", "/deprecation-plans?state=active").json()["items"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sunsetAt": days(-1)}, "sunset_passed"),
        ({"deprecateAt": days(100)}, "sunset_before_deprecation"),
        ({"milestones": [{"at": days(100), "title": "Late"}]}, "milestone_too_late"),
        ({"successor": "9.0.0"}, "successor_unknown"),
        ({"successor": "1.0.0"}, "successor_unknown"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    registry: RegistryUnderTest, more: dict[str, Any], code: str
) -> None:
    board = board_of(registry)
    registry.publish(board.author, contract(version="2.0.0"), "orders")

    answer = plan(board, **more)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert registry.call("GET", PATH).status_code == 404


def test_only_the_owner_plans_and_only_the_consumers_owner_acknowledges(board: Board) -> None:
    registry = board.registry
    assert plan(board, token=board.consumer_team).status_code == 403
    planned(board)
    path = f"{PATH}/acknowledgements"
    body = {"consumer": "portal", "text": "We move with release 7.", "movesBy": days(60)}
    registry.consumer("idle", "account-team")

    assert registry.call("POST", path, token=board.author, json=body).status_code == 403
    unconcerned = registry.call("POST", path, token=board.consumer_team, json={"consumer": "idle"})
    assert unconcerned.json()["code"] == "consumer_not_concerned"
    shown = registry.call("POST", path, token=board.consumer_team, json=body).json()
    again = registry.call("POST", path, token=board.consumer_team, json=body | {"text": "Release 8."}).json()

    (one,) = shown["consumers"]
    assert one["acknowledgement"]["text"] == "We move with release 7."
    assert one["acknowledgement"]["movesBy"] == days(60)
    assert again["consumers"][0]["acknowledgement"]["text"] == "Release 8."
    assert one["progress"] == "calling"


def test_dates_that_passed_while_nothing_ran_are_told_together(telling: tuple[Board, Receiver]) -> None:
    board, receiving = telling
    planned(board)
    deliver(board.registry)
    pass_time(board.registry, days=95)
    assert advance(services(board.registry)) == 1
    deliver(board.registry)

    last = json.loads(receiving.to("/owner")[-1].body)["data"]
    assert last["reason"] == "reminder"
    assert last["title"].startswith("The version is deprecated. The version ends in 30 days.")
    assert len(receiving.to("/owner")) == 2


def test_of_two_processes_one_tells(
    board_anywhere: Board,
) -> None:
    board = board_anywhere
    from concurrent.futures import ThreadPoolExecutor

    planned(board)
    pass_time(board.registry, days=10)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: advance(services(board.registry)), range(4)))

    assert sum(done) == 1


def test_the_calendar_has_every_date_in_order(
    board_anywhere: Board,
) -> None:
    board = board_anywhere
    planned(board, milestones=[{"at": days(50), "title": "Sandbox; off, for good"}])
    registry = board.registry

    page = registry.call("GET", "/deprecation-calendar", params={"limit": 3}).json()
    rest = registry.call(
        "GET", "/deprecation-calendar", params={"limit": 3, "cursor": page["nextCursor"]}
    ).json()
    some = registry.call("GET", "/deprecation-calendar", params={"from": days(20), "to": days(60)}).json()

    found = [*page["items"], *rest["items"]]
    assert [(one["reason"], one["at"]) for one in found] == [
        ("announced", days(0)),
        ("deprecated", days(10)),
        ("milestone", days(50)),
        ("sunset", days(100)),
    ]
    assert [one["reason"] for one in some["items"]] == ["milestone"]
    wrong = registry.call("GET", "/deprecation-calendar", params={"from": days(9), "to": days(1)})
    assert wrong.json()["code"] == "range_invalid"


def test_the_calendar_file_says_the_same(board: Board) -> None:
    title = "Sandbox; off, für immer: " + "é" * 80
    planned(board, milestones=[{"at": days(50), "title": title}])
    registry = board.registry
    answer = registry.call("GET", "/deprecation-calendar/file")

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    events = read_calendar(answer.content)
    assert [(one["DTSTART"], one["SUMMARY"]) for one in events] == [
        (stamp(0), "orders v1: its end is announced"),
        (stamp(10), "orders v1 is deprecated"),
        (stamp(50), f"orders v1: {title}"),
        (stamp(100), "orders v1 ends"),
    ]
    again = read_calendar(registry.call("GET", "/deprecation-calendar/file").content)
    assert [one["UID"] for one in again] == [one["UID"] for one in events]
    assert len({one["UID"] for one in events}) == 4


def stamp(number: int) -> str:
    return (START + timedelta(days=number)).strftime("%Y%m%dT%H%M%SZ")


def read_calendar(raw: bytes) -> list[dict[str, str]]:
    """Events of an iCalendar stream, read after RFC 5545 sections 3.1 and 3.3.11."""
    events: list[dict[str, str]] = []
    for line in raw.replace(b"\r\n ", b"").decode("utf-8").split("\r\n"):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and name not in ("BEGIN", "END"):
            value = value.replace("\\;", ";").replace("\\,", ",").replace("\\n", "\n")
            events[-1][name] = value.replace("\\\\", "\\")
    return events


def test_moments_are_in_order_and_each_is_reached_once() -> None:
    policy = PlanPolicy()
    definition = PlanDefinition(START + timedelta(days=80), START + timedelta(days=100))
    moments = moments_of(definition, policy.reminder_days)

    assert [one.reason for one in moments] == [
        NoticeReason.DEPRECATED,
        NoticeReason.REMINDER,
        NoticeReason.REMINDER,
        NoticeReason.SUNSET,
    ]
    reached: list[datetime] = []
    at: datetime | None = START
    while at is not None and (at := next_moment(definition, policy.reminder_days, at)) is not None:
        reached.append(at)
    assert reached == [one.at for one in moments]
