"""The only way to Redis (or Valkey): scripts that run there as one step, and whether it answers at all.

A call that fails marks it as away, and from then on nobody waits for it until a probe, made once a second,
has written to it again. What a call does meanwhile is its caller's policy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.config import Limits, Timeouts
from gateway.errors import ConfigError, StoreAway

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger("pactolus.gateway")
PREFIX = "pactolus:"
PROBE_KEPT_S = 60


@dataclass(slots=True)
class Fallbacks:
    """How many decisions were made here, or refused, because Redis was away."""

    count: int = 0


@dataclass(slots=True)
class RedisDoor:
    """One client of one process; `reachable` is what the last call or probe found."""

    url: str = field(repr=False)
    limits: Limits
    timeouts: Timeouts
    prefix: str = PREFIX
    reachable: bool = True
    fallbacks: Fallbacks = field(default_factory=Fallbacks)
    _client: Redis | None = field(default=None, repr=False)
    _scripts: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            from redis.asyncio import BlockingConnectionPool, Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError as error:
            message = "--redis needs the library: pip install 'pactolus[redis]'"
            raise ConfigError("config.redis", message) from error
        wait_s = self.timeouts.redis_s
        try:
            pool = BlockingConnectionPool.from_url(
                self.url,
                max_connections=self.limits.redis_connections_max,
                timeout=wait_s,
                socket_timeout=wait_s,
                socket_connect_timeout=wait_s,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        except ValueError as error:
            raise ConfigError("config.redis", "the address is not of the form redis://host:port/0") from error
        self._client = Redis.from_pool(pool)

    async def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | bytes | float]) -> Any:
        """What the script answers; raises `StoreAway`, at once where Redis was away the last time."""
        if not self.reachable:
            raise StoreAway("redis.away", "Redis was away the last time")
        assert self._client is not None
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self._client.register_script(script)
        try:
            return await known(keys=keys, args=arguments)
        except Exception as error:
            raise self._failed(error) from error

    async def probe(self) -> None:
        """Whether a write passes; told in the log when that changes."""
        assert self._client is not None
        try:
            key = f"{self.prefix}probe"
            await self._client.set(key, f"{time.time():.0f}", ex=PROBE_KEPT_S)
        except Exception as error:
            self._failed(error)
            return
        if not self.reachable:
            logger.info("redis: it answers again; limits and keyed answers are shared")
        self.reachable = True

    def gauges(self) -> dict[str, float]:
        """For the metrics page."""
        return {"redis_reachable": float(self.reachable), "redis_fallbacks": float(self.fallbacks.count)}

    async def close(self) -> None:
        """Ends all connections."""
        assert self._client is not None
        await self._client.aclose(close_connection_pool=True)

    def _failed(self, error: Exception) -> StoreAway:
        # Of several families: RedisError, OSError, those of sockets and of the name service.
        if self.reachable:
            logger.warning("redis: away (%s); each gateway decides for itself", type(error).__name__)
        self.reachable = False
        return StoreAway("redis.away", f"Redis does not answer: {type(error).__name__}")
