"""Answers under Idempotency-Keys that gateways on many machines share, in Redis, and what holds without it.

A value is a claim (who holds it, fingerprint) or an answer (fingerprint, answer). Each change is one script,
so of many gateways one gets a key. Redis forgets both when their time is over. While it is away a call under
a key is refused (`refuse`), because another gateway may have done it already, or goes by the records of this
machine (`local`).
"""

from __future__ import annotations

import os

from gateway.errors import StoreAway
from gateway.model import Answer
from gateway.policies.idempotency import DIGEST_BYTES, InFlight, Stored
from gateway.ports import IdempotencyRecords
from gateway.redis_door import RedisDoor
from gateway.shared_records import read_answer, write_answer

CLAIM = """
local found = redis.call('GET', KEYS[1])
if not found then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return found
"""
KEEP = """
if redis.call('GETRANGE', KEYS[1], 0, 8) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
RELEASE = """
if redis.call('GETRANGE', KEYS[1], 0, 8) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
CLAIMED, STORED = b"C", b"S"
HOLDER_BYTES = 8


class RedisRecords:
    """Implements `ports.IdempotencyRecords`; raises `StoreAway`. Redis's clock counts, not `now`."""

    __slots__ = ("_answer_bytes_max", "_claim_ms", "_door", "_record_ms")

    def __init__(self, door: RedisDoor, answer_bytes_max: int, claim_s: float, record_s: float) -> None:
        self._door = door
        self._answer_bytes_max = answer_bytes_max
        self._claim_ms = int(claim_s * 1000)
        self._record_ms = int(record_s * 1000)

    async def claim(self, key: bytes, fingerprint: bytes, now: float) -> int | InFlight | Stored:  # noqa: ARG002
        """As `ports.IdempotencyRecords.claim`."""
        holder = int.from_bytes(os.urandom(HOLDER_BYTES - 1), "big") or 1
        found = await self._door.run(CLAIM, [self._key(key)], [_mark(holder) + fingerprint, self._claim_ms])
        if found is None:
            return holder
        if found[:1] == CLAIMED:
            return InFlight(found[1 + HOLDER_BYTES :])
        return Stored(found[1 : 1 + DIGEST_BYTES], read_answer(found[1 + DIGEST_BYTES :]))

    async def keep(
        self,
        key: bytes,
        holder: int,
        fingerprint: bytes,
        answer: Answer,
        now: float,  # noqa: ARG002
    ) -> bool:
        """As `ports.IdempotencyRecords.keep`."""
        raw = write_answer(answer)
        if len(raw) > self._answer_bytes_max:
            return False
        value = STORED + fingerprint + raw
        return bool(await self._door.run(KEEP, [self._key(key)], [_mark(holder), value, self._record_ms]))

    async def release(self, key: bytes, holder: int) -> None:
        """As `ports.IdempotencyRecords.release`."""
        await self._door.run(RELEASE, [self._key(key)], [_mark(holder)])

    def _key(self, key: bytes) -> str:
        return f"{self._door.prefix}once:{key.hex()}"


def _mark(holder: int) -> bytes:
    return CLAIMED + holder.to_bytes(HOLDER_BYTES, "big")


class FarRecords:
    """Implements `ports.IdempotencyRecords` over those that are shared, and by policy those of this machine.

    A claim made here has a negative number, so its answer is kept where it was claimed.
    """

    __slots__ = ("_door", "_far", "_local", "_local_decides")

    def __init__(self, door: RedisDoor, far: RedisRecords, local: IdempotencyRecords, fallback: str) -> None:
        self._door = door
        self._far = far
        self._local = local
        self._local_decides = fallback == "local"

    async def claim(self, key: bytes, fingerprint: bytes, now: float) -> int | InFlight | Stored:
        """As the port's; raises `StoreAway` where that is the policy."""
        try:
            return await self._far.claim(key, fingerprint, now)
        except StoreAway:
            self._door.fallbacks.count += 1
            if not self._local_decides:
                raise
        claimed = await self._local.claim(key, fingerprint, now)
        return -claimed if isinstance(claimed, int) else claimed

    async def keep(self, key: bytes, holder: int, fingerprint: bytes, answer: Answer, now: float) -> bool:
        """As the port's; False also when the shared records went away meanwhile."""
        if holder < 0:
            return await self._local.keep(key, -holder, fingerprint, answer, now)
        try:
            return await self._far.keep(key, holder, fingerprint, answer, now)
        except StoreAway:
            return False

    async def release(self, key: bytes, holder: int) -> None:
        """As the port's; a claim that cannot be released ends by itself."""
        if holder < 0:
            await self._local.release(key, -holder)
            return
        try:
            await self._far.release(key, holder)
        except StoreAway:
            return
