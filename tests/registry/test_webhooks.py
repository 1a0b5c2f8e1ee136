"""Events reach webhooks: signed, at least once, and none waits for another."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError

from registry.config import WebhookPolicy
from registry.delivery.worker import Worker
from registry.web.app import api_contract
from specs.load import contract_from_value
from specs.schema import self_contained
from tests.registry.change_calls import board_of
from tests.registry.harness import FakeClock, RegistryUnderTest, audited, contract, start
from tests.registry.webhook_calls import LOOPBACK, Receiver, deliver, hooked, pass_time, receiver, working


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """A registry that may call loopback."""
    started = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=LOOPBACK)
    yield started
    started.close()


@pytest.fixture
def anywhere(database_url: str, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """The same over each kind of database."""
    started = start(database_url, clock, webhooks=LOOPBACK)
    yield started
    started.close()


def verified(hook_secret: str, request: Any) -> Any:
    """What the receiver's library makes of it; it judges the age by the real clock, which is left out."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    judge = Webhook(hook_secret)
    judge._Webhook__verify_timestamp = moment_of  # type: ignore[attr-defined]
    return judge.verify(request.body, headers)


def moment_of(timestamp: str) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(float(timestamp), UTC)


def types(received: list[Any]) -> list[str]:
    return [json.loads(one.body)["type"] for one in received]


def test_a_publication_reaches_a_webhook_with_a_signature_that_the_standard_library_verifies(
    anywhere: RegistryUnderTest, receiving: Receiver
) -> None:
    hook = hooked(anywhere, receiving.url())
    anywhere.publish(anywhere.team("erp-team"), contract(), "orders")

    deliver(anywhere)

    (request,) = receiving.requests
    event = verified(hook.secret, request)
    assert (event["type"], event["subject"]) == ("registry.version.published.v1", "orders/1.0.0")
    assert event["id"] == request.headers["webhook-id"]
    assert event["source"] == "http://registry.test"
    assert request.headers["Content-Type"].startswith("application/cloudevents+json")
    with pytest.raises(WebhookVerificationError):
        verified("whsec_" + "A" * 43 + "=", request)
    (delivery,) = hook.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    assert hook.log(delivery)[0]["status"] == 200
    assert hook.log(delivery)[0]["excerpt"] == "status 200"


def test_every_event_keeps_the_contract_and_tells_what_happened(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    board = board_of(registry)
    hooked(registry, receiving.url("/all"), "crm-team")
    hooked(registry, receiving.url("/consumer"), "account-team")
    schema = contract_from_value(api_contract()).node("/components/schemas/RegistryEvent")
    validator = Draft202012Validator(self_contained(schema))

    assert board.publish().status_code == 409
    change = board.approved()
    assert board.publish().status_code == 201
    rejected = board.opened(text=contract(version="1.2.0", operations=["ship"]))
    board.decide(rejected, board.board, "reject")
    lifecycle(registry, board.author, "deprecated")
    deliver(registry)

    events = [json.loads(one.body) for one in receiving.to("/all")]
    for event in events:
        validator.validate(event)
    by_type = {event["type"].split(".", 1)[1]: event["data"] for event in events}
    assert sorted(by_type) == [
        "change.decided.v1",
        "version.deprecated.v1",
        "version.published.v1",
        "version.refused.v1",
    ]
    assert by_type["version.refused.v1"]["consumers"] == ["portal"]
    assert by_type["version.refused.v1"]["verdict"] == "breaking"
    assert by_type["version.published.v1"]["change"] == change["id"]
    decided = sorted(event["data"]["state"] for event in events if "decided" in event["type"])
    assert decided == ["approved", "rejected"]
    needed = [json.loads(one.body) for one in receiving.to("/consumer")]
    asked = [event["data"] for event in needed if event["type"] == "registry.approval.needed.v1"]
    assert {one["change"] for one in asked} == {change["id"], rejected["id"]}
    assert "account-team" in {one["team"] for one in asked[0]["requirements"]}


def lifecycle(registry: RegistryUnderTest, token: str, state: str) -> None:
    path = "/contracts/orders/versions/latest"
    tag = registry.call("GET", path).headers["ETag"]
    answer = registry.call(
        "PUT", f"{path}/lifecycle", token=token, json={"state": state}, headers={"If-Match": tag}
    )
    assert answer.status_code == 200, answer.text


def test_filters_let_through_what_was_asked_for(registry: RegistryUnderTest, receiving: Receiver) -> None:
    hooked(registry, receiving.url("/orders"), contracts=["orders"])
    hooked(registry, receiving.url("/sales"), domains=["sales"])
    hooked(registry, receiving.url("/retired"), types=["version.retired"])
    token = registry.team("erp-team")
    registry.publish(token, contract(), "orders")
    registry.publish(token, contract(name="quotes", domain="sales"), "quotes")

    deliver(registry)

    subjects = {one.path: json.loads(one.body)["subject"] for one in receiving.requests}
    assert subjects == {"/orders": "orders/1.0.0", "/sales": "quotes/1.0.0"}


def test_a_change_that_is_not_made_is_not_announced(registry: RegistryUnderTest, receiving: Receiver) -> None:
    hook = hooked(registry, receiving.url())
    body = {"document": {"uri": "orders.json", "content": contract()}}
    token = registry.team("erp-team")

    path = "/contracts/orders/versions"
    assert registry.call("POST", path, token=token, json=body, params={"dryRun": "true"}).is_success
    assert registry.publish(token, contract(owner="nobody"), "orders").status_code == 422

    assert hook.deliveries() == []


def test_what_fails_comes_again_later_and_later_under_the_same_id(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    hook = hooked(registry, receiving.url())
    receiving.statuses["/hook"] = 503
    event = hook.test()

    deliver(registry)
    deliver(registry)
    assert len(receiving.requests) == 1
    pass_time(registry, seconds=5)
    deliver(registry)
    pass_time(registry, seconds=5)
    deliver(registry)
    assert len(receiving.requests) == 2
    pass_time(registry, seconds=15)
    receiving.statuses["/hook"] = 204
    deliver(registry)

    assert {one.headers["webhook-id"] for one in receiving.requests} == {event}
    assert len({one.body for one in receiving.requests}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiving.requests}) == 3
    (delivery,) = hook.deliveries()
    assert [one["status"] for one in hook.log(delivery)] == [204, 503, 503]
    assert hook.call("GET").json()["failures"] == 0


def test_after_so_many_tries_a_delivery_is_given_up_and_sent_again_when_asked(
    tmp_path: Path, clock: FakeClock, receiving: Receiver
) -> None:
    policy = WebhookPolicy(allowed_networks=("127.0.0.0/8",), tries_max=2)
    registry = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=policy)
    hook = hooked(registry, receiving.url())
    receiving.statuses["/hook"] = 500
    hook.test()
    (delivery,) = hook.deliveries()
    again = f"/deliveries/{delivery['id']}/redelivery"
    assert hook.call("POST", again).status_code == 409
    deliver(registry)
    pass_time(registry, hours=1)
    deliver(registry)
    pass_time(registry, hours=9)
    deliver(registry)
    assert hook.deliveries(state="failed")[0]["attempts"] == 2

    receiving.statuses["/hook"] = 200
    assert hook.call("POST", again).json()["state"] == "pending"
    deliver(registry)

    assert [one["state"] for one in hook.deliveries()] == ["delivered"]
    assert [one["number"] for one in hook.log(delivery)] == [3, 2, 1]
    registry.close()


def test_a_target_that_hangs_delays_no_other(registry: RegistryUnderTest, receiving: Receiver) -> None:
    release = threading.Event()

    def hang(request: BaseHTTPRequestHandler) -> None:
        release.wait(30)
        request.send_response(200)
        request.end_headers()

    receiving.answers["/slow"] = hang
    slow = hooked(registry, receiving.url("/slow"), "slow-team")
    for _ in range(5):
        slow.test()
    quick = hooked(registry, receiving.url("/quick"))
    events = [quick.test() for _ in range(4)]

    async def play(worker: Worker) -> None:
        while len(receiving.to("/quick")) < len(events):
            await worker.round()
            await worker.pause(asyncio.Event(), LOOPBACK.poll_s)
        assert len(receiving.to("/slow")) <= LOOPBACK.per_webhook_at_once_max
        release.set()
        await worker.finish()

    working(registry, play)

    assert {one.headers["webhook-id"] for one in receiving.to("/quick")} == set(events)


def test_webhooks_that_fail_leave_half_of_the_places_to_the_others(tmp_path: Path, clock: FakeClock) -> None:
    from registry.usecases.deliveries import take
    from tests.registry.webhook_calls import services

    policy = WebhookPolicy(allowed_networks=("127.0.0.0/8",), at_once_max=4, per_webhook_at_once_max=4)
    registry = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=policy)
    failing = hooked(registry, "http://127.0.0.1:9/")
    for _ in range(9):
        failing.test()
    with registry.store.writing() as transaction:
        transaction.webhooks.failed(failing.id, clock())
    working_services = services(registry)

    first = take(working_services, "one", {}, 0)
    second = take(working_services, "one", {failing.id: 2}, 2)
    healthy = hooked(registry, "http://127.0.0.1:9/", "other-team")
    healthy.test()
    third = take(working_services, "one", {failing.id: 2}, 2)

    assert ([one.webhook.id for one in first], second) == ([failing.id] * 2, [])
    assert [one.webhook.id for one in third] == [healthy.id]
    registry.close()


def test_a_delivery_is_leased_by_one_worker_until_the_lease_runs_out(anywhere: RegistryUnderTest) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from registry.usecases.deliveries import Answer, settle, take
    from tests.registry.webhook_calls import services

    hook = hooked(anywhere, "http://127.0.0.1:9/")
    for _ in range(2):
        hook.test()
    shared = services(anywhere)

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda number: take(shared, f"worker {number}", {}, 0), range(4)))
    leased = [work for works in taken for work in works]
    assert len({work.delivery.id for work in leased}) == len(leased) == 2
    pass_time(anywhere, seconds=LOOPBACK.lease_s)
    again = take(shared, "after a kill", {}, 0)
    settle(shared, leased[0], Answer(200, 1), 0.0)

    assert {work.delivery.id for work in again} == {work.delivery.id for work in leased}
    assert {one["state"] for one in hook.deliveries()} == {"pending"}
    settle(shared, again[0], Answer(200, 1), 0.0)
    assert sorted(one["state"] for one in hook.deliveries()) == ["delivered", "pending"]


def test_a_webhook_is_disabled_after_long_failure_and_active_again_when_its_team_says_so(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    hook = hooked(registry, receiving.url())
    receiving.statuses["/hook"] = 500
    for _ in range(LOOPBACK.disable_after_failures):
        hook.test()
        deliver(registry)
    assert hook.call("GET").json()["state"] == "active"
    pass_time(registry, days=LOOPBACK.disable_after_days, hours=1)
    deliver(registry)

    shown = hook.call("GET")
    assert shown.json()["state"] == "disabled"
    assert "none succeeded for 5 days" in shown.json()["disabledReason"]
    assert audited(registry.store, "webhook.disabled")[0]["subject"] == hook.id
    assert hook.call("POST", "/test").json()["code"] == "webhook_not_active"
    attempts = len(receiving.requests)
    registry.publish(registry.team("erp-team"), contract(), "orders")
    deliver(registry)
    assert len(receiving.requests) == attempts

    receiving.statuses["/hook"] = 200
    body = {"url": receiving.url()}
    again = hook.call("PUT", json=body, headers={"If-Match": shown.headers["ETag"]})
    assert (again.json()["state"], again.json()["failures"]) == ("active", 0)
    pass_time(registry, hours=7)
    deliver(registry)
    assert hook.deliveries(state="pending") == []


def test_a_receiver_that_answers_gone_is_not_called_again(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    hook = hooked(registry, receiving.url())
    receiving.statuses["/hook"] = 410
    hook.test()
    deliver(registry)

    assert hook.call("GET").json()["state"] == "disabled"
    assert hook.deliveries()[0]["state"] == "failed"


def test_a_webhook_that_too_much_waits_for_is_disabled_and_nobody_waits_for_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    policy = WebhookPolicy(allowed_networks=("127.0.0.0/8",), pending_per_webhook_max=2)
    registry = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=policy)
    hook = hooked(registry, "http://127.0.0.1:9/")
    token = registry.team("erp-team")
    for number in range(3):
        name = f"orders-{number}"
        assert registry.publish(token, contract(name=name), name).status_code == 201

    assert hook.call("GET").json()["state"] == "disabled"
    assert len(hook.deliveries()) == 2
    registry.close()


def test_two_secrets_sign_while_one_is_replaced(registry: RegistryUnderTest, receiving: Receiver) -> None:
    hook = hooked(registry, receiving.url())
    second = hook.call("POST", "/secrets")
    assert second.headers["Cache-Control"] == "no-store"
    assert hook.call("POST", "/secrets").json()["code"] == "too_many_secrets"
    hook.test()
    deliver(registry)
    assert hook.call("DELETE", f"/secrets/{hook.secret_id}").status_code == 204
    assert hook.call("DELETE", f"/secrets/{second.json()['id']}").json()["code"] == "last_secret"
    hook.test()
    deliver(registry)

    both, one = receiving.requests
    verified(hook.secret, both)
    verified(second.json()["text"], both)
    verified(second.json()["text"], one)
    with pytest.raises(WebhookVerificationError):
        verified(hook.secret, one)


def test_a_secret_is_shown_once_and_stands_nowhere_in_the_database(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    import base64

    hook = hooked(registry, receiving.url())
    raw = base64.b64decode(hook.secret.removeprefix("whsec_"))
    shown = hook.call("GET").text
    path = Path(registry.config.database_url.removeprefix("sqlite:///"))
    stored = b"".join(one.read_bytes() for one in path.parent.glob("registry.db*"))

    assert len(raw) == 32
    assert hook.secret not in shown
    for form in (raw, raw.hex().encode(), hook.secret.encode()):
        assert form not in stored


def test_a_key_of_the_configuration_signs_and_without_it_nothing_is_sent(
    tmp_path: Path, clock: FakeClock, receiving: Receiver
) -> None:
    from dataclasses import replace

    policy = replace(LOOPBACK, key=b"k" * 32)
    registry = start(f"sqlite:///{tmp_path / 'registry.db'}", clock, webhooks=policy)
    hook = hooked(registry, receiving.url())
    hook.test()
    registry.config = replace(registry.config, webhooks=LOOPBACK)
    deliver(registry)
    assert receiving.requests == []
    assert "not configured here" in hook.log(hook.deliveries()[0])[0]["error"]

    registry.config = replace(registry.config, webhooks=policy)
    pass_time(registry, seconds=5)
    deliver(registry)
    verified(hook.secret, receiving.requests[0])
    with registry.store.reading() as transaction:
        assert transaction.webhooks.secret_keys() == []
    registry.close()


def test_webhooks_are_seen_and_changed_by_their_team_alone(
    registry: RegistryUnderTest, receiving: Receiver
) -> None:
    hook = hooked(registry, receiving.url())
    other = registry.team("other-team")
    tag = {"If-Match": hook.call("GET").headers["ETag"]}
    body = {"url": receiving.url()}
    path = f"/webhooks/{hook.id}"
    refused = [
        registry.call("GET", path, token=other),
        registry.call("PUT", path, token=other, json=body, headers=tag),
        registry.call("DELETE", path, token=other),
        registry.call("POST", f"{path}/secrets", token=other),
        registry.call("POST", f"{path}/test", token=other),
        registry.call("GET", f"{path}/deliveries", token=other),
    ]

    assert {one.status_code for one in refused} == {404}
    assert registry.call("GET", "/teams/crm-team/webhooks", token=other).status_code == 403
    made = registry.call("POST", "/teams/crm-team/webhooks", token=other, json=body)
    assert made.status_code == 403
    assert hook.call("PUT", json=body, headers={"If-Match": '"stale"'}).status_code == 412
    assert [one["id"] for one in registry.call("GET", "/teams/crm-team/webhooks").json()["items"]] == [
        hook.id
    ]
    hook.test()
    assert hook.call("DELETE").status_code == 204
    assert hook.call("GET").status_code == 404


def test_what_was_settled_long_ago_is_forgotten(anywhere: RegistryUnderTest, receiving: Receiver) -> None:
    from registry.usecases.deliveries import forget
    from tests.registry.webhook_calls import services

    hook = hooked(anywhere, receiving.url())
    hook.test()
    deliver(anywhere)
    pass_time(anywhere, days=LOOPBACK.kept_days, hours=-1)
    receiving.statuses["/hook"] = 500
    young = hook.test()
    deliver(anywhere)
    forget(services(anywhere))
    assert len(hook.deliveries()) == 2
    pass_time(anywhere, hours=2)
    forget(services(anywhere))

    assert [one["eventId"] for one in hook.deliveries()] == [young]


def test_the_wait_grows_to_its_limit_and_is_spread() -> None:
    from registry.delivery.backoff import wait_before

    policy = WebhookPolicy()
    waits = [wait_before(tries, 0.0, policy) for tries in range(1, policy.tries_max)]

    assert waits[:4] == [timedelta(seconds=one) for one in (5, 20, 80, 320)]
    assert waits[-1] == timedelta(hours=6)
    assert wait_before(1, 1.0, policy) == timedelta(seconds=2.5)


def test_a_kill_in_the_middle_of_a_delivery_loses_nothing(
    anywhere: RegistryUnderTest, receiving: Receiver
) -> None:
    import subprocess
    import sys

    came, release = threading.Event(), threading.Event()

    def hang(request: BaseHTTPRequestHandler) -> None:
        came.set()
        release.wait(30)
        request.close_connection = True

    receiving.answers["/hook"] = hang
    hook = hooked(anywhere, receiving.url())
    event = hook.test()
    program = Path(__file__).parent / "killed_worker.py"
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.registry.killed_worker", anywhere.config.database_url],
        cwd=program.parents[2],
    )
    assert came.wait(30)
    child.kill()
    child.wait()
    release.set()
    del receiving.answers["/hook"]

    deliver(anywhere)
    assert len(receiving.requests) == 1
    pass_time(anywhere, seconds=LOOPBACK.lease_s)
    deliver(anywhere)

    assert [one.headers["webhook-id"] for one in receiving.requests] == [event, event]
    assert [one["state"] for one in hook.deliveries()] == ["delivered"]


def test_the_worker_lives_and_ends_with_the_server(registry: RegistryUnderTest, receiving: Receiver) -> None:
    from registry.delivery.worker import Delivering
    from tests.registry.webhook_calls import services

    came = threading.Event()

    def take(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        came.set()

    receiving.answers["/hook"] = take
    hook = hooked(registry, receiving.url())
    hook.test()

    async def serve() -> None:
        told: asyncio.Queue[Any] = asyncio.Queue()
        answers: asyncio.Queue[Any] = asyncio.Queue()
        app = Delivering(registry.app, services(registry))
        life = asyncio.create_task(app({"type": "lifespan", "state": {}}, told.get, answers.put))
        await told.put({"type": "lifespan.startup"})
        assert (await answers.get())["type"] == "lifespan.startup.complete"
        assert await asyncio.to_thread(came.wait, 30)
        await told.put({"type": "lifespan.shutdown"})
        assert (await answers.get())["type"] == "lifespan.shutdown.complete"
        await life

    asyncio.run(serve())

    assert [one["state"] for one in hook.deliveries()] == ["delivered"]
    assert not [thread for thread in threading.enumerate() if thread.name == "webhooks"]
