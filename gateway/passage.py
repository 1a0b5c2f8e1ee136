"""The way to the system behind and back: what is sent, and what of the answer may pass.

The answer is held to the contract before the caller sees any of it, but for a body that no schema describes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.answers import too_large, too_late, upstream_reject
from gateway.config import Limits
from gateway.errors import UpstreamError
from gateway.model import Answer, Claims, Headers, Reject, Request, UpstreamRequest, UpstreamResponse
from gateway.plan.facets import Facets, weighed
from gateway.plan.media_types import read_content_type, select_body
from gateway.plan.model import OperationPlan
from gateway.policies import forwarding, redaction, response_validation
from gateway.policies.facts import Facts
from gateway.ports import Clock, Upstreams
from gateway.recording import Trail
from gateway.streaming import BodyTimeout, BodyTooLarge, RequestParts
from gateway.usage import Meter


class Passage:
    """Takes admitted requests to their systems."""

    def __init__(self, upstreams: Upstreams, meter: Meter, clock: Clock, limits: Limits) -> None:
        self._upstreams = upstreams
        self._meter = meter
        self._clock = clock
        self._limits = limits
        self._violations_max = limits.violations_max
        self._sampled = 0.0

    async def send(
        self, request: Request, facts: Facts, trail: Trail, content: bytes | RequestParts
    ) -> Answer | Reject:
        """The answer of the system behind, or why it does not pass; raises only `ClientGone`."""
        identity = facts.identity if isinstance(facts.identity, Claims) else None
        trace = trail.trace
        trace_lines = [(b"traceparent", trace.traceparent)]
        if trace.tracestate is not None:
            trace_lines.append((b"tracestate", trace.tracestate))
        lines = forwarding.to_upstream(
            request.headers, trail.correlation_id, trace_lines, identity, facts.consumer
        )
        stay = facts.route.operation.credential_headers
        if stay:
            lines = [line for line in lines if line[0] not in stay]
        target = request.path + b"?" + request.query if request.query else request.path
        api, operation = facts.route.api, facts.route.operation
        asked = self._clock.elapsed()
        raw, parts = (content, None) if isinstance(content, bytes) else (b"", content)
        try:
            response = await self._upstreams.send(api.record.key, UpstreamRequest(
                request.method, target, lines, raw, operation.idempotent, parts, self._streams(operation),
                operation.lane,
            ))  # fmt: skip
        except UpstreamError as error:
            return upstream_reject(error)
        except BodyTooLarge:
            return too_large(self._limits.streamed_body_bytes_max)
        except BodyTimeout:
            return too_late()
        finally:
            trail.upstream_s = self._clock.elapsed() - asked
        if not 200 <= response.status <= 599:
            _let_go(response)
            return Reject("upstream_invalid", "the system behind answered with no HTTP status")
        reads_body = operation.prevents_all or self._samples(operation.facets)
        violations = response_validation.violations(
            operation, response, request.method == "HEAD", self._violations_max, reads_body=reads_body
        )
        if violations and not operation.prevents_all:
            modes = [operation.facets.of_response(violation) for violation in violations]
            violations, detected = weighed(violations, modes)
            trail.detected += detected
            if detected:
                self._meter.drift(api.record, operation.key, response.status, detected, facts.now)
        if not reads_body:
            trail.unvalidated.append("response body")
        if violations:
            _let_go(response)
            self._meter.drift(api.record, operation.key, response.status, violations, facts.now)
            detail = f"the system behind {api.record.key} answered off contract"
            return Reject("contract_violation", detail, tuple(violations))
        if response.stream is not None:
            trail.unvalidated.append("response body")
        passed = _passed(response, request.method, facts)
        return _without_write_only(operation, passed) if operation.trims else passed

    def _samples(self, facets: Facets) -> bool:
        """Whether this answer is one of those whose body is looked at: evenly spread, without chance."""
        if facets.response_body == "off":
            return False
        self._sampled += facets.response_sampling
        if self._sampled < 1.0:
            return False
        self._sampled %= 1.0
        return True

    def _streams(self, operation: OperationPlan) -> Callable[[int, Headers], bool] | None:
        if not operation.streams:
            return None
        return partial(response_validation.is_streamed, operation, self._limits.streamed_from_bytes)


def _passed(response: UpstreamResponse, method: str, facts: Facts) -> Answer:
    limits: list[tuple[bytes, bytes]] = []
    lines = forwarding.to_caller(response.headers, limits)
    if limits:
        facts.told_limits = limits
    if method == "HEAD" or response.stream is not None:
        lines.extend(line for line in response.headers if line[0] == b"content-length")
    return Answer(response.status, lines, response.body, response.stream)


def _without_write_only(operation: OperationPlan, answer: Answer) -> Answer | Reject:
    """The answer without members that the contract marks write-only, in whichever media type it came."""
    plan = operation.response_for(answer.status)
    plans = operation.responses.values() if plan is None else (plan,)
    trims = [body.write_only for each in plans for body in each.bodies if body.write_only is not None]
    media = next((value for name, value in answer.headers if name == b"content-type"), b"")
    body = None if plan is None else select_body(plan.bodies, read_content_type(media).essence)
    if not trims or (body is not None and not body.is_json):
        return answer
    return redaction.without(answer, trims)


def _let_go(response: UpstreamResponse) -> None:
    if response.stream is not None:
        response.stream.close()
