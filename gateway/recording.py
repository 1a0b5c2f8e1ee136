"""What one exchange leaves behind: a line in the access log, metrics, and a count of who called what.

The line is put together from parts that are quoted once, per operation and per caller, and not per call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from gateway.metrics import Metrics
from gateway.model import Claims, Request, Violation
from gateway.plan.model import Route
from gateway.policies.correlation import Trace
from gateway.policies.facts import Facts
from gateway.ports import LogSink
from gateway.usage import Meter, timestamp


@dataclass(slots=True)
class Trail:
    """What is known of one exchange when it ends; `sent` is what of its contract the call showed."""

    correlation_id: str
    trace: Trace
    route: Route | None = None
    facts: Facts | None = None
    code: str | None = None
    upstream_s: float | None = None
    bytes_in: int = 0
    sent: int = 0
    unvalidated: list[str] = field(default_factory=list)
    detected: list[Violation] = field(default_factory=list)


class Recorder:
    """Takes each exchange once, when it has ended."""

    __slots__ = ("_log", "_meter", "_metrics")

    def __init__(self, meter: Meter, metrics: Metrics, log: LogSink) -> None:
        self._meter = meter
        self._metrics = metrics
        self._log = log

    def take(
        self, request: Request, trail: Trail, status: int, bytes_out: int, now: float, duration_s: float
    ) -> None:
        """Counts the exchange that began at `now` (Unix seconds) and writes its line."""
        line = (
            b'{"time":"%b","correlationId":"%b","traceId":"%b","method":%b,"status":%d,"durationMs":%.3f,'
            b'"bytesIn":%d,"bytesOut":%d'
            % (
                timestamp(now).encode(), trail.correlation_id.encode(), trail.trace.trace_id.encode(),
                _quoted(request.method), status, duration_s * 1000, trail.bytes_in, bytes_out,
            )
        )  # fmt: skip
        if trail.code is not None:
            line += b',"code":"%b"' % trail.code.encode()
        if trail.unvalidated:
            line += b',"notValidated":%b' % orjson.dumps(trail.unvalidated)
        if trail.detected:
            line += b',"detected":%b' % orjson.dumps([violation.as_json() for violation in trail.detected])
        if trail.upstream_s is not None:
            line += b',"upstreamMs":%.3f' % (trail.upstream_s * 1000)
        route = trail.route
        if route is None:
            self._metrics.observe(None, "", status, duration_s)
        else:
            line += self._counted(route, trail, status, now, duration_s)
        self._log.write(line + b"}\n")

    def _counted(self, route: Route, trail: Trail, status: int, now: float, duration_s: float) -> bytes:
        facts = trail.facts
        record, key = route.api.record, route.operation.key
        self._metrics.observe(record, key, status, duration_s)
        if trail.detected:
            self._metrics.detect(record, key, trail.detected)
        line = b',"contract":%b,"version":%b,"operation":%b' % (
            _quoted(record.name), _quoted(record.version), _quoted(key),
        )  # fmt: skip
        if facts is not None:
            if facts.consumer is not None:
                line += b',"consumer":%b' % _quoted(facts.consumer.name)
                self._meter.count(
                    facts.consumer.name, record, key, status, now, route.operation.sights, trail.sent
                )
            if isinstance(facts.identity, Claims):
                line += b',"client":%b' % _quoted(facts.identity.client_id)
        return line


@lru_cache(maxsize=16_384)
def _quoted(text: str) -> bytes:
    return orjson.dumps(text)
