"""The way to the system behind and back: what is sent, and what of the answer may pass.

The answer is held to the contract before the caller sees any of it, but for a body that no schema describes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway.answers import too_large, too_late, upstream_reject
from gateway.config import GatewayConfig
from gateway.errors import UpstreamError
from gateway.model import Answer, Claims, Headers, Reject, Request, UpstreamRequest, UpstreamResponse
from gateway.plan.facets import Facets, weighed
from gateway.plan.media_types import read_content_type, select_body
from gateway.plan.model import Bridge, Crossing, OperationPlan
from gateway.policies import forwarding, header_rules, redaction, response_validation, versions
from gateway.policies.facts import Facts
from gateway.policies.header_rules import HeaderSettings
from gateway.ports import Clock, Upstreams
from gateway.recording import Trail
from gateway.streaming import BodyTimeout, BodyTooLarge, RequestParts
from gateway.usage import Meter


class Passage:
    """Takes admitted requests to their systems."""

    def __init__(self, upstreams: Upstreams, meter: Meter, clock: Clock, config: GatewayConfig) -> None:
        limits = config.limits
        self._pseudonym = config.proxies.pseudonym
        # None where nothing is set, which then costs nothing.
        self._headers = None if config.headers == HeaderSettings() else config.headers
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
        api, operation = facts.route.api, facts.route.operation
        lines = self._lines(request, facts, trail)
        raw, parts = (content, None) if isinstance(content, bytes) else (b"", content)
        key, keyed, method = api.record.key, operation.idempotent, request.method
        target = request.path + b"?" + request.query if request.query else request.path
        bridge, crossing = api.bridge, None
        if bridge is not None and (crossing := bridge.crossings.get(operation.key)) is not None:
            sent = versions.to_later(request, facts.route, bridge, crossing, raw, self._violations_max)
            if isinstance(sent, Reject):
                return sent
            method, target, raw = sent
            key, keyed = bridge.record.key, keyed and crossing.operation.idempotent
        asked = self._clock.elapsed()
        try:
            response = await self._upstreams.send(key, UpstreamRequest(
                method, target, lines, raw, keyed, parts, self._streams(operation), operation.lane,
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
        if bridge is not None and crossing is not None:
            back = self._back(response, facts, bridge, crossing, method)
            if isinstance(back, Reject):
                _let_go(response)
                return back
            response = back
        return self._judged(response, request.method, facts, trail)

    def _lines(self, request: Request, facts: Facts, trail: Trail) -> list[tuple[bytes, bytes]]:
        """Header lines for the system behind."""
        identity = facts.identity if isinstance(facts.identity, Claims) else None
        trace = trail.trace
        trace_lines = [(b"traceparent", trace.traceparent)]
        if trace.tracestate is not None:
            trace_lines.append((b"tracestate", trace.tracestate))
        lines = forwarding.to_upstream(
            request.headers, trail.correlation_id, trace_lines, identity, facts.consumer, self._pseudonym
        )
        stay = facts.route.operation.credential_headers
        if stay:
            lines = [line for line in lines if line[0] not in stay]
        if self._headers is not None:
            rules = self._headers.of(facts.route.api.record.key).request
            lines = lines if rules is None else header_rules.applied(rules, lines)
        return lines

    def _back(
        self, response: UpstreamResponse, facts: Facts, bridge: Bridge, crossing: Crossing, method: str
    ) -> UpstreamResponse | Reject:
        """The answer of a later version's system in this version; it is held to its own contract first."""
        violations = response_validation.violations(
            crossing.operation, response, method == "HEAD", self._violations_max
        )
        if violations:
            key = crossing.operation.key
            self._meter.drift(bridge.record, key, response.status, violations, facts.now)
            detail = f"the system behind {bridge.record.key} answered off contract"
            return Reject("contract_violation", detail, tuple(violations))
        return versions.to_earlier(response, facts.route, bridge, crossing)

    def _judged(self, response: UpstreamResponse, method: str, facts: Facts, trail: Trail) -> Answer | Reject:
        """The answer as its caller gets it, or why it does not pass."""
        api, operation = facts.route.api, facts.route.operation
        reads_body = operation.prevents_all or self._samples(operation.facets)
        violations = response_validation.violations(
            operation, response, method == "HEAD", self._violations_max, reads_body=reads_body
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
            if api.bridge is not None and operation.key in api.bridge.crossings:
                return versions.not_promised(api.bridge, violations)
            self._meter.drift(api.record, operation.key, response.status, violations, facts.now)
            detail = f"the system behind {api.record.key} answered off contract"
            return Reject("contract_violation", detail, tuple(violations))
        if response.stream is not None:
            trail.unvalidated.append("response body")
        passed = _passed(response, method, facts, self._pseudonym)
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


def _passed(response: UpstreamResponse, method: str, facts: Facts, pseudonym: bytes) -> Answer:
    limits: list[tuple[bytes, bytes]] = []
    lines = forwarding.to_caller(response.headers, limits, pseudonym)
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
