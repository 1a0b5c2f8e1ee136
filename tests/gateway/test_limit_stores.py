"""Several limits on one call, over every store: a table in process, memory that workers share, and Redis."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from multiprocessing import get_context
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.buckets import BucketTable
from gateway.config import Limits, Timeouts
from gateway.model import Limit
from gateway.policies.facts import Ask, Buckets, Taken
from gateway.quotas import BYTES, PLACES
from gateway.redis_door import RedisDoor
from gateway.redis_limits import RedisLimits
from gateway.shared_buckets import SharedBuckets

PLACE_S = 300.0
NAMES = (f"caller-{number}" for number in itertools.count())


class Store(Protocol):
    def take(self, asks: Sequence[Ask]) -> Taken: ...
    def settle(self, taken: Taken, bytes_used: int) -> None: ...
    def elapse(self, seconds: float) -> None: ...


class Here:
    """A store of this machine, on a clock that the test turns."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets, self._now = buckets, 1000.0

    def take(self, asks: Sequence[Ask]) -> Taken:
        taken = self._buckets.take(asks, self._now)
        assert isinstance(taken, Taken)
        return taken

    def settle(self, taken: Taken, bytes_used: int) -> None:
        self._buckets.settle(taken, bytes_used, self._now)

    def elapse(self, seconds: float) -> None:
        self._now += seconds


class InRedis:
    """The store in Redis; time passes by making all that it holds older."""

    def __init__(self) -> None:
        import redis

        self._loop = asyncio.Runner()
        prefix = f"pactolus-test-{os.getpid()}-{os.urandom(4).hex()}:"
        self.door = RedisDoor("redis://127.0.0.1:6379/0", Limits(), Timeouts(redis_s=5.0), prefix)
        self._limits = RedisLimits(self.door, PLACE_S)
        self._sync = redis.Redis(port=6379)

    def take(self, asks: Sequence[Ask]) -> Taken:
        return self._loop.run(self._limits.take(asks, [0.0] * len(asks)))[0]

    def settle(self, taken: Taken, bytes_used: int) -> None:
        self._loop.run(self._limits.settle(taken, bytes_used))

    def elapse(self, seconds: float) -> None:
        for key in self._sync.scan_iter(f"{self.door.prefix}*"):
            if self._sync.type(key) == b"zset":
                for member, score in self._sync.zrange(key, 0, -1, withscores=True):
                    self._sync.zadd(key, {member: score - seconds * 1e6})
            else:
                self._sync.set(key, float(self._sync.get(key)) - seconds * 1e6, keepttl=True)

    def close(self) -> None:
        for key in self._sync.scan_iter(f"{self.door.prefix}*"):
            self._sync.delete(key)
        self._sync.close()
        self._loop.run(self.door.close())
        self._loop.close()


@pytest.fixture(params=["table", "shared", pytest.param("redis", marks=pytest.mark.service("redis"))])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "table":
        yield Here(BucketTable(1000, PLACE_S))
    elif request.param == "shared":
        yield Here(SharedBuckets(1024, PLACE_S))
    else:
        stored = InRedis()
        yield stored
        stored.close()


def asks_of(name: str, *limits: Limit, cost: int = 1) -> list[Ask]:
    return [
        Ask((name, limit.name), limit, min(cost, limit.quota) if limit.unit == BYTES else 1)
        for limit in limits
    ]


BURST, DAILY = Limit("burst", 3, 3000), Limit("daily", 5, 86_400)


def test_nothing_is_charged_when_one_of_several_refuses(store: Store) -> None:
    asks = asks_of("one", BURST, DAILY)
    first = [store.take(asks) for _ in range(3)]
    assert all(taken.allowed for taken in first)
    assert [[one.remaining for one in taken.allowances] for taken in first] == [[2, 4], [1, 3], [0, 2]]
    refused = [store.take(asks) for _ in range(4)]
    assert not any(taken.allowed for taken in refused)
    assert [one.allowed for one in refused[-1].allowances] == [False, True]
    assert [one.remaining for one in refused[-1].allowances] == [0, 2]
    store.elapse(3000)
    assert [store.take(asks).allowed for _ in range(3)] == [True, True, False]
    assert [one.allowed for one in store.take(asks).allowances] == [True, False]


def test_limits_of_one_caller_are_no_limits_of_another(store: Store) -> None:
    for name in ("one", "other"):
        assert [store.take(asks_of(name, BURST)).allowed for _ in range(4)] == [True] * 3 + [False]


def test_a_place_is_taken_until_the_call_ends_or_its_holder_is_given_up(store: Store) -> None:
    asks = asks_of("one", Limit("at-once", 2, unit=PLACES), Limit("burst", 100, 1000))
    held = [store.take(asks) for _ in range(2)]
    refused = store.take(asks)
    assert [taken.allowed for taken in (*held, refused)] == [True, True, False]
    assert [one.remaining for one in refused.allowances] == [0, 98]
    store.settle(held[0], 0)
    store.settle(held[0], 0)  # given back once, however often it is said
    assert [store.take(asks).allowed for _ in range(2)] == [True, False]
    store.elapse(PLACE_S + 1)
    assert [store.take(asks).allowed for _ in range(3)] == [True, True, False]
    store.settle(held[1], 0)  # its place has been given to another
    assert not store.take(asks).allowed


def test_no_place_is_taken_by_a_call_that_another_limit_refuses(store: Store) -> None:
    at_once, once = Limit("at-once", 2, unit=PLACES), Limit("once", 1, 1000)
    assert store.take(asks_of("one", at_once, once)).allowed
    assert not store.take(asks_of("one", at_once, once)).allowed
    assert store.take(asks_of("one", at_once)).allowed
    assert not store.take(asks_of("one", at_once)).allowed


def test_bytes_that_were_not_announced_are_a_debt_and_those_not_used_come_back(store: Store) -> None:
    volume = Limit("volume", 1000, 1000, BYTES)
    taken = store.take(asks_of("one", volume, cost=100))
    assert taken.allowances[0].remaining == 900
    store.settle(taken, 1500)
    refused = store.take(asks_of("one", volume))
    assert not refused.allowed
    assert refused.allowances[0].retry_after_s == pytest.approx(501, abs=1)
    store.elapse(600)
    taken = store.take(asks_of("one", volume, cost=50))
    assert taken.allowed
    store.settle(taken, 10)
    assert store.take(asks_of("one", volume, cost=50)).allowances[0].remaining == pytest.approx(40, abs=1)
    store.elapse(10_000)
    assert store.take(asks_of("one", volume, cost=99_999)).allowances[0].remaining == 0


class Bucket:
    """A bucket of tokens in exact numbers, the second opinion."""

    def __init__(self, limit: Limit) -> None:
        self.limit, self.filled = limit, Fraction(limit.quota)

    def elapse(self, seconds: int) -> None:
        rate = Fraction(self.limit.quota) / Fraction(self.limit.window_s)
        self.filled = min(Fraction(self.limit.quota), self.filled + rate * seconds)


def decides_as_buckets_of_tokens(
    store: Store, quotas: list[tuple[int, int]], steps: list[int], tolerance: Fraction
) -> None:
    limits = [Limit(f"limit-{number}", quota, window) for number, (quota, window) in enumerate(quotas)]
    asks, buckets = asks_of(next(NAMES), *limits), [Bucket(limit) for limit in limits]
    for step in steps:
        store.elapse(step)
        for bucket in buckets:
            bucket.elapse(step)
        # Redis's own clock runs on while the test does: what is within that of a token is left undecided.
        if any(1 - tolerance < bucket.filled < 1 for bucket in buckets):
            continue
        taken = store.take(asks)
        assert [one.allowed for one in taken.allowances] == [bucket.filled >= 1 for bucket in buckets]
        assert taken.allowed == all(bucket.filled >= 1 for bucket in buckets)
        for bucket, one in zip(buckets, taken.allowances, strict=True):
            bucket.filled -= taken.allowed
            assert abs(one.remaining - max(Fraction(0), bucket.filled)) < 1 + tolerance


QUOTAS = st.lists(st.tuples(st.integers(1, 8), st.sampled_from([256, 1024, 4096])), min_size=1, max_size=4)
STEPS = st.lists(st.integers(0, 512), max_size=60)


@pytest.mark.parametrize("kind", ["table", "shared"])
@given(quotas=QUOTAS, steps=STEPS)
def test_they_decide_as_buckets_of_tokens(kind: str, quotas: Any, steps: Any) -> None:
    buckets = BucketTable(100, PLACE_S) if kind == "table" else SharedBuckets(64, PLACE_S)
    decides_as_buckets_of_tokens(Here(buckets), quotas, steps, Fraction(0))


@pytest.mark.service("redis")
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(quotas=QUOTAS, steps=STEPS)
def test_redis_decides_as_buckets_of_tokens(quotas: Any, steps: Any) -> None:
    stored = InRedis()
    try:
        decides_as_buckets_of_tokens(stored, quotas, steps, Fraction(1, 2))
    finally:
        stored.close()


def calls(buckets: SharedBuckets, asks: list[Ask], count: int, allowed: Any) -> None:
    allowed.put(sum(buckets.take(asks, 100.0).allowed for _ in range(count)))


def test_processes_that_call_at_once_get_what_one_would_get_and_never_wait_for_each_other() -> None:
    buckets, context = SharedBuckets(64, PLACE_S), get_context("fork")
    limits = [Limit(f"limit-{number}", 10_000, 10**9) for number in range(6)]
    asks = asks_of("one", *limits, Limit("exact", 500, 10**9), Limit("at-once", 200, unit=PLACES))
    allowed = context.Queue()
    orders = (asks, asks[::-1], asks[3:] + asks[:3])
    processes = [context.Process(target=calls, args=(buckets, order[:], 300, allowed)) for order in orders]
    for process in processes:
        process.start()
    assert sum(allowed.get(timeout=20) for _ in processes) == 200
    for process in processes:
        process.join(20)
    plain = [ask for ask in asks if ask.limit.unit != PLACES]
    assert sum(buckets.take(plain, 100.0).allowed for _ in range(400)) == 300  # what is left of 500


@pytest.mark.service("redis")
def test_nodes_that_call_redis_at_once_get_what_one_would_get() -> None:
    stored = InRedis()
    prefix = stored.door.prefix
    asks = asks_of("one", Limit("wide", 1000, 10**6), Limit("exact", 60, 10**6))

    async def node() -> int:
        door = RedisDoor("redis://127.0.0.1:6379/0", Limits(), Timeouts(redis_s=5.0), prefix)
        taken = await asyncio.gather(*(RedisLimits(door, PLACE_S).take(asks, [0.0, 0.0]) for _ in range(40)))
        await door.close()
        return sum(one.allowed for one, _ in taken)

    async def nodes() -> int:
        return sum(await asyncio.gather(node(), node(), node()))

    assert asyncio.run(nodes()) == 60
    assert store_left(stored, asks) == 940
    stored.close()


def store_left(stored: InRedis, asks: list[Ask]) -> int:
    return stored.take(asks).allowances[0].remaining
