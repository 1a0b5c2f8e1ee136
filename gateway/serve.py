"""Puts a gateway process together and runs it on its own HTTP/1.1 door (httptools, uvloop)."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import random
import secrets
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from gateway.access_log import AccessLog
from gateway.buckets import BucketTable
from gateway.config import FolderSource, GatewayConfig, Limits, RegistrySource
from gateway.credentials import Credentials
from gateway.errors import ConfigError, SourceError
from gateway.exchange import Exchange
from gateway.far_state import far_state
from gateway.folder import ContractFolder
from gateway.folder_settings import read_settings
from gateway.guarded import GuardedDirectory
from gateway.memory import keep_freed_pages, spare_what_stays
from gateway.metrics import Metrics, exposition
from gateway.peers import Peers
from gateway.ports import Clock, ContractSource, Reports
from gateway.redis_door import RedisDoor
from gateway.registry_client import RegistryClient
from gateway.reload import Reloader
from gateway.replays import Replays
from gateway.server import HttpServer, bind, listen
from gateway.shared_buckets import SharedBuckets
from gateway.shared_records import SharedRecords
from gateway.state_folder import StateFolder
from gateway.trust import ContractTrust
from gateway.upstream import UpstreamDirectory
from gateway.usage import Meter, NoReports, timestamp
from gateway.web import GatewayApp
from gateway.workers import Supervisor

logger = logging.getLogger("pactolus.gateway")


class SystemClock:
    """The clocks of this machine."""

    now = staticmethod(time.time)
    elapsed = staticmethod(time.monotonic)


class RandomIds:
    """Identifiers that need only be unlikely to repeat: seeded by the system, no secret in them."""

    def __init__(self) -> None:
        self._random = random.Random(uuid.uuid4().int)  # noqa: S311

    def correlation_id(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"  # RFC 9562 section 5.4: version 4, variant 10
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def trace_id(self) -> str:
        return f"{self._random.getrandbits(128) or 1:032x}"

    def parent_id(self) -> str:
        return f"{self._random.getrandbits(64) or 1:016x}"


class Running:
    """What runs beside the exchanges of one process; implements `web.Life`."""

    def __init__(
        self, config: GatewayConfig, exchange: Exchange, reloader: Reloader, meter: Meter, log: AccessLog,
        upstreams: UpstreamDirectory | GuardedDirectory, client: RegistryClient | None, clock: Clock,
        metrics: Metrics, peers: Peers | None, credentials: Credentials, redis: RedisDoor | None,
    ) -> None:  # fmt: skip
        self._config = config
        self._exchange = exchange
        self._reloader = reloader
        self._meter = meter
        self._log = log
        self._upstreams = upstreams
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._peers = peers
        self._credentials = credentials
        self._redis = redis
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Takes the plan kept on disk, then the source's if it is there; polls and flushes until `stop`."""
        timeouts = self._config.timeouts
        if self._redis is not None:
            await self._redis.probe()
        await self._reloader.restore()
        await self._reloader.poll()
        self._tasks = [
            asyncio.create_task(_every(timeouts.poll_interval_s, self._reloader.poll)),
            asyncio.create_task(_every(timeouts.flush_interval_s, self._flush)),
        ]
        if self._redis is not None:
            self._tasks.append(asyncio.create_task(_every(timeouts.redis_probe_s, self._redis.probe)))
        if isinstance(self._upstreams, GuardedDirectory):
            self._tasks += [asyncio.create_task(_every(*check)) for check in self._upstreams.checks()]

    async def stop(self) -> None:
        """Ends the loops, sends what is left to send within the time of shutdown, closes connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._config.timeouts.shutdown_s):
                await self._meter.flush()
        self._log.flush()
        self._upstreams.close()
        await self._credentials.close()
        if self._client is not None:
            await self._client.close()
        if self._redis is not None:
            await self._redis.close()
        await asyncio.sleep(0)  # one turn of the loop, in which aborted connections are closed

    def ready(self) -> str | None:
        """None when a plan is in force and tokens can be verified."""
        if self._exchange.plan is None:
            return self._reloader.source_problem or "no contract has been loaded yet"
        return None if self._reloader.has_keys else self._reloader.source_problem or "no keys yet"

    def standing(self) -> dict[str, Any]:
        """Members of the readiness page: whether the source answers, how old the plan is, whence it came."""
        reloader = self._reloader
        members: dict[str, Any] = {"sourceReachable": reloader.source_problem is None}
        if reloader.source_problem is not None:
            members["sourceProblem"] = reloader.source_problem
        if reloader.source_answered_at is not None:
            members["sourceAnsweredAt"] = timestamp(reloader.source_answered_at)
        taken_at = reloader.plan_taken_at
        if taken_at is not None:
            members["planFrom"] = "disk" if reloader.plan_is_kept else "source"
            members["planTakenAt"] = timestamp(taken_at)
            members["planAgeSeconds"] = max(0, int(self._clock.now() - taken_at))
        return members

    def metrics(self) -> str:
        """The metrics page: of all workers, those of the others as they told them last."""
        counts = self._metrics.counts(self._gauges())
        if self._peers is None:
            return exposition({0: counts})
        return exposition({self._peers.number: counts, **self._peers.told()})

    def _gauges(self) -> dict[str, float]:
        plan = self._exchange.plan
        return {
            "contracts": 0 if plan is None else len(plan.apis),
            "contract_problems": 0 if plan is None else len(plan.problems),
            "source_reachable": 0 if self._reloader.source_problem else 1,
            "exchanges_in_flight": self._exchange.in_flight,
            "batches_pending": self._meter.pending,
            "batches_lost": self._meter.batches_lost,
            "rows_dropped": self._meter.rows_dropped,
            "log_lines_dropped": self._log.dropped,
            **({} if self._redis is None else self._redis.gauges()),
        }

    async def _flush(self) -> None:
        self._log.flush()
        if self._peers is not None:
            self._peers.tell(self._metrics.counts(self._gauges()))
        await self._meter.flush()


async def _every(interval_s: float, action: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(interval_s)
        try:
            await action()
        except Exception:
            logger.exception("a background action failed; it runs again")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the workers of one machine share: where counts are told, limits, keyed answers, used proofs."""

    peers: Peers
    buckets: SharedBuckets
    records: SharedRecords
    replays: Replays
    nonce_secret: bytes


def idempotency_records(config: GatewayConfig) -> SharedRecords:
    """In the state folder where there is one, so that keys count on after a restart."""
    limits, timeouts = config.limits, config.timeouts
    return SharedRecords(
        None if config.state_folder is None else config.state_folder / "idempotency",
        limits.idempotency_records_max,
        limits.idempotency_bytes_max,
        timeouts.idempotency_claim_s,
        timeouts.idempotency_record_s,
        alone=config.workers == 1,
    )


def upstreams_of(config: GatewayConfig, clock: Clock) -> UpstreamDirectory | GuardedDirectory:
    """The systems behind; only where an operator has set something for them is anything between."""
    plain = UpstreamDirectory(config.upstreams, config.limits, config.timeouts)
    if not config.resilience:
        return plain
    draw = random.SystemRandom().random
    return GuardedDirectory(
        plain, config.upstreams, config.resilience, config.limits, config.timeouts, clock, draw
    )


def create_app(
    config: GatewayConfig, log_stream: BinaryIO | None = None, shared: Shared | None = None
) -> GatewayApp:
    """The ASGI application of one process; its lifespan loads contracts and ends cleanly."""
    clock: Clock = SystemClock()
    ids = RandomIds()
    client: RegistryClient | None = None
    keeper: StateFolder | None = None
    source: ContractSource
    reports: Reports
    if isinstance(config.source, RegistrySource):
        client = RegistryClient(config.source, config.limits, config.timeouts, clock)
        source = reports = client
        if config.state_folder is not None:
            keeper = StateFolder(
                config.state_folder,
                config.source.url,
                config.limits,
                only_reads=shared is not None and shared.peers.number > 0,
            )
    else:
        source, reports = ContractFolder(config.source, config.limits), NoReports()
    log = AccessLog(log_stream or _open_log(config), config.limits.access_log_bytes_max)
    metrics = Metrics(config.limits.operations_measured_max)
    meter = Meter(config.name, reports, lambda: str(uuid.uuid4()), config.limits)
    upstreams = upstreams_of(config, clock)
    place_s = config.timeouts.concurrency_place_s
    buckets = BucketTable(config.limits.throttling_buckets_max, place_s) if shared is None else shared.buckets
    records = idempotency_records(config) if shared is None else shared.records
    replays = Replays(config.limits.replays_kept_max) if shared is None else shared.replays
    nonce_secret = secrets.token_bytes(32) if shared is None else shared.nonce_secret
    credentials = Credentials(config, clock, replays, nonce_secret)
    far = None if config.redis is None else far_state(config, config.redis, buckets, records)
    exchange = Exchange(
        config, upstreams, meter, metrics, log, clock, ids,
        buckets if far is None else far.limits, records if far is None else far.records, credentials,
    )  # fmt: skip
    trust = None if client is None else ContractTrust(config.registry_keys, client, keeper)
    reloader = Reloader(config, source, keeper, exchange, clock, trust)
    peers = None if shared is None else shared.peers
    if peers is not None and (before := peers.told_before()) is not None:
        metrics.go_on_from(before)
    redis = None if far is None else far.door
    life = Running(
        config, exchange, reloader, meter, log, upstreams, client, clock, metrics, peers, credentials, redis
    )
    return GatewayApp(exchange, life, ids)


def http_server(config: GatewayConfig, app: GatewayApp) -> HttpServer:
    """The door for callers, before it listens."""
    return HttpServer(app.answer, app.life, config.limits, config.timeouts)


def run(config: GatewayConfig) -> int:
    """Serves until SIGTERM or SIGINT; under way exchanges end, counts are sent. The exit status.

    `ConfigError` before anything is served when a setting cannot be used.
    """
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    if isinstance(config.source, FolderSource):
        _check_settings(config.source, config.limits)
    if config.redis is not None:
        RedisDoor(config.redis, config.limits, config.timeouts)  # a wrong address ends the command here
    if config.workers == 1:
        listening = listen(config.host, config.port)
        with closing(listening):
            _serve_alone(config, listening, None)
        return 0
    return _run_workers(config)


def _run_workers(config: GatewayConfig) -> int:
    if not 1 <= config.workers <= config.limits.workers_max or not hasattr(socket, "SO_REUSEPORT"):
        raise ConfigError("config.workers", f"{config.workers} workers cannot be had on this machine")
    # Bound and never listening: it keeps the port, of which there may be only one choice made (port 0).
    with (
        closing(bind(config.host, config.port, shared=True)) as reserved,
        tempfile.TemporaryDirectory(prefix="pactolus-gateway-") as folder,
    ):
        port = reserved.getsockname()[1]
        buckets = SharedBuckets(config.limits.throttling_buckets_max, config.timeouts.concurrency_place_s)
        records = idempotency_records(config)
        replays, nonce_secret = Replays(config.limits.replays_kept_max), secrets.token_bytes(32)

        def serve(number: int) -> None:
            shared = Shared(
                Peers(Path(folder), number, config.workers), buckets, records, replays, nonce_secret
            )
            with closing(listen(config.host, port, shared=True)) as listening:
                _serve_alone(replace(config, port=port), listening, shared)

        grace_s = config.timeouts.shutdown_s + config.timeouts.registry_s
        return Supervisor(serve, config.workers, grace_s).run()


def _serve_alone(config: GatewayConfig, listening: socket.socket, shared: Shared | None) -> None:
    keep_freed_pages()
    spare_what_stays()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(config, listening, shared))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, or asyncio's own where there is none (Windows)."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop


async def _serve(config: GatewayConfig, listening: socket.socket, shared: Shared | None) -> None:
    server = http_server(config, create_app(config, shared=shared))
    server.stop_on_signals()
    await server.serve([listening])


def _check_settings(source: FolderSource, limits: Limits) -> None:
    try:
        read_settings(source.settings, limits)
    except SourceError as error:
        raise ConfigError("config.settings", str(error)) from error


def _open_log(config: GatewayConfig) -> BinaryIO:
    if config.access_log is None:
        return sys.stdout.buffer
    config.access_log.parent.mkdir(parents=True, exist_ok=True)
    return config.access_log.open("ab")
