"""Limits that many machines share, with a copy here that is warm: it goes on where the shared state is away.

Each answer of the shared store is kept in the buckets of this machine. When the store goes away, either these
decide (`local`: each machine for itself, from where the shared state was), or calls are refused (`refuse`).
When it comes back, it is told how far the buckets here have gone. Places are not copied: calls that were
under way before do not count here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway import quotas
from gateway.errors import StoreAway
from gateway.policies.facts import Ask, Buckets, Taken
from gateway.redis_door import RedisDoor
from gateway.redis_limits import RedisLimits

T = TypeVar("T")


class FarLimits:
    """Implements `facts.Buckets` over a store on another machine and buckets on this one."""

    __slots__ = ("_door", "_far", "_local", "_local_decides", "_settling", "_settling_max")

    def __init__(
        self, door: RedisDoor, far: RedisLimits, local: Buckets, fallback: str, settling_max: int
    ) -> None:
        self._door = door
        self._far = far
        self._local = local
        self._local_decides = fallback == "local"
        self._settling: set[asyncio.Task[None]] = set()
        self._settling_max = settling_max

    @property
    def settling(self) -> int:
        """How many calls that ended are being settled."""
        return len(self._settling)

    def update(self, key: tuple[str, str], now: float, decide: Callable[[float], tuple[T, float]]) -> T:
        """Of this machine alone; the limits of a plan that is shared are all decided by `take`."""
        return self._local.update(key, now, decide)

    def take(self, asks: Sequence[Ask], now: float) -> Taken | Awaitable[Taken | None] | None:
        """As `facts.Buckets.take`."""
        return self._take(asks, now) if self._door.reachable else self._without(asks, now)

    async def _take(self, asks: Sequence[Ask], now: float) -> Taken | None:
        known = [0.0 if ask.limit.unit == quotas.PLACES else self._arrival(ask, now) - now for ask in asks]
        try:
            taken, behind = await self._far.take(asks, known)
        except StoreAway:
            without = self._without(asks, now)
            assert without is None or isinstance(without, Taken)
            return without
        for ask, backlog in zip(asks, behind, strict=True):
            if backlog:
                # Counted from when it was asked, so what is told back is never more than the store has.
                self._local.update(ask.key, now, lambda at, to=now + backlog: (None, max(at, to)))  # type: ignore[misc]
        return taken

    def _without(self, asks: Sequence[Ask], now: float) -> Taken | Awaitable[Taken | None] | None:
        self._door.fallbacks.count += 1
        return self._local.take(asks, now) if self._local_decides else None

    def _arrival(self, ask: Ask, now: float) -> float:
        return self._local.update(ask.key, now, lambda arrival: (arrival, arrival))

    def settle(self, taken: Taken, bytes_used: int, now: float) -> None:
        """As `facts.Buckets.settle`, behind the exchange: nobody waits for it."""
        if not taken.is_far:
            self._local.settle(taken, bytes_used, now)
        elif len(self._settling) < self._settling_max:
            task = asyncio.get_running_loop().create_task(self._settle(taken, bytes_used))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _settle(self, taken: Taken, bytes_used: int) -> None:
        try:
            await self._far.settle(taken, bytes_used)
        except StoreAway:
            return  # Places come free by themselves; a debt of bytes is lost with the store's other news.
