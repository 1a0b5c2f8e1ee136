"""Puts together what gateways on several machines share by way of Redis, over what each has itself."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.config import GatewayConfig
from gateway.far_limits import FarLimits
from gateway.policies.facts import Buckets
from gateway.ports import IdempotencyRecords
from gateway.redis_door import RedisDoor
from gateway.redis_limits import RedisLimits
from gateway.redis_records import FarRecords, RedisRecords


@dataclass(frozen=True, slots=True)
class FarState:
    """The way to Redis, and what is shared by it."""

    door: RedisDoor
    limits: FarLimits
    records: FarRecords


def far_state(config: GatewayConfig, url: str, buckets: Buckets, records: IdempotencyRecords) -> FarState:
    """For one process; `buckets` and `records` are this machine's. `ConfigError` for a wrong address."""
    limits, timeouts = config.limits, config.timeouts
    door = RedisDoor(url, limits, timeouts)
    far = RedisLimits(door, timeouts.concurrency_place_s)
    kept = RedisRecords(
        door, limits.idempotency_bytes_max // 4, timeouts.idempotency_claim_s, timeouts.idempotency_record_s
    )
    return FarState(
        door,
        FarLimits(door, far, buckets, config.redis_fallback.limits, limits.exchanges_in_flight_max),
        FarRecords(door, kept, records, config.redis_fallback.idempotency),
    )
