"""Throttling state that gateways on many machines share, in Redis: one script decides all limits of a call.

Buckets are arrival times (GCRA) in microseconds of Redis's own clock, so the clocks of the gateways do not
matter. Places are a sorted set of who holds them by when they come free. All keys of a caller carry one hash
tag, as a cluster asks for. A gateway also tells what backlog it knows of itself: after Redis has lost its
memory, or was away, the callers' buckets are not full again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from gateway import quotas
from gateway.policies.facts import Allowance, Ask, Taken
from gateway.redis_door import RedisDoor

MICROSECONDS = 1_000_000
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local reply, starts, all = {1}, {}, true
for i, key in ipairs(KEYS) do
  local most, cost, told = tonumber(ARGV[4*i-2]), tonumber(ARGV[4*i-1]), ARGV[4*i]
  local state, allowed
  if ARGV[4*i-3] == 'places' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    state = redis.call('ZCARD', key)
    allowed = state < most
  else
    starts[i] = math.max(tonumber(redis.call('GET', key) or '0'), now + tonumber(told), now)
    state = starts[i] - now
    allowed = state + cost <= most + 1
  end
  all = all and allowed
  reply[2*i] = string.format('%.3f', state)
  reply[2*i+1] = allowed and 1 or 0
end
if not all then
  reply[1] = 0
  return reply
end
for i, key in ipairs(KEYS) do
  local cost, told = tonumber(ARGV[4*i-1]), ARGV[4*i]
  if ARGV[4*i-3] == 'places' then
    redis.call('ZADD', key, now + cost, told)
    redis.call('PEXPIRE', key, math.ceil(cost / 1000))
  else
    local arrival = starts[i] + cost
    redis.call('SET', key, string.format('%.3f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1000)
  end
end
return reply
"""
SETTLE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
for i, key in ipairs(KEYS) do
  if ARGV[2*i-1] == 'places' then
    redis.call('ZREM', key, ARGV[2*i])
  else
    local arrival = math.max(tonumber(redis.call('GET', key) or '0'), now) + tonumber(ARGV[2*i])
    local kept = math.max(1, math.ceil((arrival - now) / 1000) + 1000)
    redis.call('SET', key, string.format('%.3f', arrival), 'PX', kept)
  end
end
return 1
"""


class RedisLimits:
    """Decides limits by way of `door`; raises `StoreAway`."""

    __slots__ = ("_door", "_place_s")

    def __init__(self, door: RedisDoor, place_s: float) -> None:
        self._door = door
        self._place_s = place_s

    async def take(self, asks: Sequence[Ask], backlogs: Sequence[float]) -> tuple[Taken, list[float | None]]:
        """What all say, and each bucket's backlog in seconds behind it; `backlogs` is what is known here."""
        arguments: list[str | bytes | float] = []
        places = []
        for ask, backlog in zip(asks, backlogs, strict=True):
            limit = ask.limit
            if limit.unit == quotas.PLACES:
                places.append(os.urandom(12))
                arguments += ("places", limit.quota, self._place_s * MICROSECONDS, places[-1])
            else:
                cost = ask.cost * limit.window_s / limit.quota * MICROSECONDS
                arguments += ("bucket", limit.window_s * MICROSECONDS, cost, max(0.0, backlog) * MICROSECONDS)
        reply = await self._door.run(TAKE, [self._key(ask) for ask in asks], arguments)
        allowed = bool(reply[0])
        allowances: list[Allowance] = []
        behind: list[float | None] = []
        for ask, raw, own in zip(asks, reply[1::2], reply[2::2], strict=True):
            is_place = ask.limit.unit == quotas.PLACES
            state = float(raw) if is_place else float(raw) / MICROSECONDS
            weighed = ask if allowed or not own else ask._replace(cost=0)
            # Redis has decided; here its state is only put into words.
            allowances.append(quotas.judge(weighed, state, 0.0)._replace(allowed=bool(own)))
            behind.append(None if is_place else quotas.charged(ask, state, 0.0) if allowed else state)
        return Taken(allowed, asks, allowances, places if allowed else (), is_far=True), behind

    async def settle(self, taken: Taken, bytes_used: int) -> None:
        """Gives places back, and charges what was not foreseen."""
        keys: list[str] = []
        arguments: list[str | bytes | float] = []
        for ask in quotas.debts(taken.asks, bytes_used):
            keys.append(self._key(ask))
            arguments += ("bucket", ask.cost * ask.limit.window_s / ask.limit.quota * MICROSECONDS)
        holding = (ask for ask in taken.asks if ask.limit.unit == quotas.PLACES)
        for ask, place in zip(holding, taken.places, strict=True):
            keys.append(self._key(ask))
            arguments += ("places", place)
        if keys:
            await self._door.run(SETTLE, keys, arguments)

    def _key(self, ask: Ask) -> str:
        caller, counter = ask.key
        return f"{self._door.prefix}limit:{{{caller}}}:{counter}"
