"""Gateways that share limits and keyed answers by way of Redis, and what they do while it is away."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.buckets import BucketTable
from gateway.config import FolderSource, GatewayConfig, Limits, RedisFallback, Timeouts
from gateway.errors import ConfigError, StoreAway
from gateway.far_limits import FarLimits
from gateway.model import Answer, Limit
from gateway.policies.facts import Ask, Taken
from gateway.policies.idempotency import InFlight, Stored
from gateway.quotas import PLACES
from gateway.redis_door import RedisDoor
from gateway.redis_limits import RedisLimits
from gateway.redis_records import FarRecords, RedisRecords
from gateway.serve import run
from gateway.shared_records import SharedRecords
from tests.redis_server import redis_of_its_own, start_redis

pytestmark = pytest.mark.service("redis")
TIMEOUTS = Timeouts(redis_s=5.0)
"""Long enough for a machine that has other things to do."""
IMPATIENT = Timeouts(redis_s=0.2)
BURST = Ask(("one", "T1/burst"), Limit("burst", 5, 10**6), 1)
PRINT = b"f" * 16
ANSWER = Answer(201, [(b"etag", b'"1"'), (b"x", b"a:b")], b"body\n\nof : lines")
ORDERS = "/system/orders/v1/orders"
NUMBERS = itertools.count()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with redis_of_its_own(tmp_path) as served:
        yield served


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a server anew where one was killed."""
    servers: list[subprocess.Popen[str]] = []

    def start(url: str) -> subprocess.Popen[str]:
        servers.append(start_redis(tmp_path, int(url.rpartition(":")[2])))
        return servers[-1]

    yield start
    for process in servers:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


async def takes(limits: FarLimits, ask: Ask, count: int) -> list[bool | None]:
    found: list[bool | None] = []
    for _ in range(count):
        taken = limits.take([ask], 100.0)
        if isinstance(taken, Awaitable):
            taken = await taken
        found.append(None if taken is None else taken.allowed)
    return found


def far(door: RedisDoor, fallback: str = "local") -> FarLimits:
    return FarLimits(door, RedisLimits(door, 300.0), BucketTable(100, 300.0), fallback, 100)


def test_without_redis_limits_go_on_from_where_they_were_and_it_learns_of_that(
    server: tuple[str, subprocess.Popen[str]],
    started: Callable[[str], subprocess.Popen[str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    url, process = server
    caplog.set_level(logging.INFO, "pactolus.gateway")

    async def story() -> None:
        door, other = RedisDoor(url, Limits(), TIMEOUTS), RedisDoor(url, Limits(), TIMEOUTS)
        here, there = far(door), far(other)
        assert await takes(here, BURST, 1) == [True]
        assert await takes(there, BURST, 1) == [True]
        assert await takes(here, BURST, 1) == [True]
        ended(process)
        assert await takes(here, BURST, 3) == [True, True, False]  # two of five were left
        assert (door.reachable, door.fallbacks.count) == (False, 3)
        await door.probe()
        assert not door.reachable
        started(url)  # it comes back with nothing in it
        await door.probe()
        await other.probe()
        assert door.reachable
        assert await takes(here, BURST, 1) == [False]
        assert door.gauges() == {"redis_reachable": 1.0, "redis_fallbacks": 3.0}
        await door.close()
        await other.close()

    asyncio.run(story())
    told = [record.message for record in caplog.records if record.message.startswith("redis")]
    assert len([line for line in told if "away" in line]) == 1
    assert any("answers again" in line for line in told)


def test_without_redis_limits_refuse_where_that_is_the_policy(
    server: tuple[str, subprocess.Popen[str]],
) -> None:
    url, process = server

    async def story() -> None:
        door = RedisDoor(url, Limits(), TIMEOUTS)
        limits = far(door, "refuse")
        assert await takes(limits, BURST, 1) == [True]
        ended(process)
        assert await takes(limits, BURST, 2) == [None, None]
        await door.close()

    asyncio.run(story())


def test_a_redis_that_hangs_holds_up_those_under_way_once_and_nobody_after(
    server: tuple[str, subprocess.Popen[str]],
) -> None:
    url, process = server

    async def story() -> None:
        door = RedisDoor(url, Limits(), IMPATIENT)
        limits = far(door)
        assert await takes(limits, BURST, 1) == [True]
        os.kill(process.pid, signal.SIGSTOP)
        await asyncio.gather(*(takes(limits, BURST, 1) for _ in range(100)))
        assert not door.reachable
        assert isinstance(limits.take([BURST], 100.0), Taken)  # at once, without a turn of the loop
        os.kill(process.pid, signal.SIGCONT)
        for _ in range(50):
            await door.probe()
            if door.reachable:
                break
        assert await takes(limits, BURST, 1) == [False]
        await door.close()

    asyncio.run(story())


def test_a_redis_that_does_not_take_writes_counts_as_away(server: tuple[str, subprocess.Popen[str]]) -> None:
    import redis

    url, _ = server
    plain = redis.Redis.from_url(url)
    plain.config_set("maxmemory", "1mb")
    plain.config_set("maxmemory-policy", "noeviction")

    async def story() -> None:
        door = RedisDoor(url, Limits(), TIMEOUTS)
        assert await takes(far(door), BURST, 2) == [True, True]
        await door.probe()
        assert not door.reachable
        plain.config_set("maxmemory", "0")
        await door.probe()
        assert door.reachable
        await door.close()

    asyncio.run(story())
    plain.close()


def test_places_are_given_back_behind_the_exchange(server: tuple[str, subprocess.Popen[str]]) -> None:
    ask = Ask(("one", "T1/at-once"), Limit("at-once", 1, unit=PLACES), 1)

    async def story() -> None:
        door = RedisDoor(server[0], Limits(), TIMEOUTS)
        limits = far(door)
        taken = limits.take([ask], 100.0)
        assert isinstance(taken, Awaitable)
        held = await taken
        assert held is not None
        assert await takes(limits, ask, 1) == [False]
        limits.settle(held, 0, 100.0)
        while limits.settling:
            await asyncio.sleep(0)
        assert await takes(limits, ask, 1) == [True]
        await door.close()

    asyncio.run(story())


# keyed answers


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def records(door: RedisDoor) -> RedisRecords:
    return RedisRecords(door, 4096, claim_s=10.0, record_s=100.0)


def aged(url: str, seconds: float) -> None:
    """As if so much time had passed for all keys."""
    import redis

    with redis.Redis.from_url(url) as plain:
        for name in plain.scan_iter("pactolus:once:*"):
            left = int(plain.pttl(name) - seconds * 1000)
            plain.pexpire(name, left) if left > 0 else plain.delete(name)


def test_a_key_is_claimed_kept_and_forgotten(server: tuple[str, subprocess.Popen[str]]) -> None:
    async def story() -> None:
        door = RedisDoor(server[0], Limits(), TIMEOUTS)
        kept = records(door)
        first = await kept.claim(key(1), PRINT, 0.0)
        assert isinstance(first, int)
        assert await kept.claim(key(1), PRINT, 0.0) == InFlight(PRINT)
        await kept.release(key(1), first)
        second = await kept.claim(key(1), PRINT, 0.0)
        assert isinstance(second, int)
        assert not await kept.keep(key(1), first, PRINT, ANSWER, 0.0)
        await kept.release(key(1), first)
        assert await kept.keep(key(1), second, PRINT, ANSWER, 0.0)
        await kept.release(key(1), second)
        aged(server[0], 99)
        assert await kept.claim(key(1), PRINT, 0.0) == Stored(PRINT, ANSWER)
        aged(server[0], 2)
        third = await kept.claim(key(1), PRINT, 0.0)
        aged(server[0], 11)  # its holder died
        fourth = await kept.claim(key(1), PRINT, 0.0)
        assert isinstance(third, int)
        assert isinstance(fourth, int)
        assert not await kept.keep(key(1), fourth, PRINT, Answer(200, [], bytes(5000)), 0.0)
        await door.close()

    asyncio.run(story())


def test_of_many_gateways_one_gets_a_key(server: tuple[str, subprocess.Popen[str]]) -> None:
    async def story() -> None:
        doors = [RedisDoor(server[0], Limits(), TIMEOUTS) for _ in range(3)]
        claims = (records(door).claim(key(number), PRINT, 0.0) for number in range(50) for door in doors)
        found = await asyncio.gather(*claims)
        assert sum(isinstance(one, int) for one in found) == 50
        assert all(isinstance(one, int) or one == InFlight(PRINT) for one in found)
        for door in doors:
            await door.close()

    asyncio.run(story())


@pytest.mark.parametrize("fallback", ["local", "refuse"])
def test_without_redis_a_key_is_refused_or_counts_here(
    server: tuple[str, subprocess.Popen[str]], fallback: str
) -> None:
    url, process = server

    async def story() -> None:
        door = RedisDoor(url, Limits(), TIMEOUTS)
        kept = FarRecords(door, records(door), SharedRecords(None, 64, 4096, 10.0, 100.0), fallback)
        before = await kept.claim(key(1), PRINT, 0.0)
        assert isinstance(before, int)
        ended(process)
        assert not await kept.keep(key(1), before, PRINT, ANSWER, 0.0)
        await kept.release(key(1), before)
        if fallback == "refuse":
            with pytest.raises(StoreAway):
                await kept.claim(key(2), PRINT, 0.0)
        else:
            claimed = await kept.claim(key(2), PRINT, 0.0)
            assert isinstance(claimed, int)
            assert await kept.claim(key(2), PRINT, 0.0) == InFlight(PRINT)
            assert await kept.keep(key(2), claimed, PRINT, ANSWER, 0.0)
            assert await kept.claim(key(2), PRINT, 0.0) == Stored(PRINT, ANSWER)
            again = await kept.claim(key(3), PRINT, 0.0)
            assert isinstance(again, int)
            await kept.release(key(3), again)
            assert isinstance(await kept.claim(key(3), PRINT, 0.0), int)
        await door.close()

    asyncio.run(story())


# through the door


def post(gateway: Any, read: dict[str, str], name: str) -> Any:
    head = {**read, "idempotency-key": name, "content-type": "application/json"}
    body = b'{"customer":"c-1","lines":[{"quantity":1}]}'
    return gateway.client.post(ORDERS, content=body, headers=head)


def test_two_gateways_are_as_one_and_go_on_when_redis_dies(
    make_gateway: Any, upstream: Any, tokens: Any, read: dict[str, str], tmp_path: Path
) -> None:
    def modest(told: dict[str, Any]) -> None:
        told["consumers"][2]["plan"] = {"requestsPerSecond": 0.0001, "burst": 4}

    with redis_of_its_own(tmp_path) as (url, process):
        patient = replace(TIMEOUTS, poll_interval_s=0.05, flush_interval_s=0.05)
        pair = [make_gateway(upstream.url, modest, redis=url, timeouts=patient) for _ in range(2)]
        token = {"authorization": "Bearer " + tokens.sign(client="modest-client")}
        upstream.answers(200, b'{"items":[]}')
        answers = [pair[number % 2].client.get(ORDERS, headers=token) for number in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=3", "r=2", "r=1"]
        assert answers[0].headers["ratelimit-policy"] == '"T3";q=4;w=40000'

        upstream.answers(201, b'{"id":"o-1"}', location="/o-1")
        name = f"far-key-{next(NUMBERS):08d}"
        assert [post(gateway, read, name).status_code for gateway in pair] == [201, 201]
        assert post(pair[1], read, name).headers["idempotent-replayed"] == "true"

        ended(process)
        upstream.answers(200, b'{"items":[]}')
        # The second gateway last heard of three left, the first one of one left.
        assert pair[0].client.get(ORDERS, headers=token).status_code == 200
        refused = pair[0].client.get(ORDERS, headers=token)
        assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["T3"])
        problem = post(pair[0], read, f"far-key-{next(NUMBERS):08d}")
        assert (problem.status_code, problem.json()["code"]) == (503, "shared_state_unavailable")
        assert problem.headers["retry-after"] == "1"
        page = pair[0].client.get("/-/metrics").text
        assert "pactolus_gateway_redis_reachable 0" in page
        assert int(re.findall(r"pactolus_gateway_redis_fallbacks (\d+)", page)[0]) >= 3


def test_without_redis_calls_are_refused_where_that_is_the_policy(
    make_gateway: Any, upstream: Any, read: dict[str, str]
) -> None:
    gateway = make_gateway(
        upstream.url, redis="redis://127.0.0.1:1", redis_fallback=RedisFallback("refuse", "local")
    )
    upstream.answers(200, b'{"items":[]}')
    problem = gateway.client.get(ORDERS, headers=read)
    assert (problem.status_code, problem.json()["code"]) == (503, "shared_state_unavailable")
    assert upstream.seen == []


@pytest.mark.parametrize("url", ["nonsense://127.0.0.1", "redis://127.0.0.1:port"])
def test_an_address_that_is_none_ends_the_command(tmp_path: Path, told: dict[str, Any], url: str) -> None:
    import yaml

    path = tmp_path / "gateway.yaml"
    path.write_text(yaml.safe_dump({name: told[name] for name in ("issuer", "consumers")}))
    with pytest.raises(ConfigError, match="redis://host:port"):
        run(GatewayConfig(FolderSource(tmp_path, path), {}, port=0, redis=url))
