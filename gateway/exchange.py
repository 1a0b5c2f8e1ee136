"""One request through the plan: routed, admitted, validated, forwarded, its answer validated and counted.

Knows no server: a `Request` and a `Body` come in, an `Answer` goes out. The plan is taken once at the
start, so a request is decided by one plan from end to end while another may take its place.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from gateway.answers import DateLine, problem_answer, too_large, too_late
from gateway.config import GatewayConfig
from gateway.credentials import Credentials
from gateway.keys import KeyRing
from gateway.metrics import Metrics
from gateway.model import (
    Answer,
    AnswerStream,
    Claims,
    Reject,
    Request,
    TokenRefusal,
    Violation,
)
from gateway.once import Once
from gateway.passage import Passage
from gateway.plan.compile import UNDECLARED
from gateway.plan.facets import weighed
from gateway.plan.model import NoRoute, OperationPlan, Plan, Route
from gateway.policies import (
    authentication,
    correlation,
    idempotency,
    lifecycle,
    proxies,
    redaction,
    repetition,
    request_validation,
    throttling,
    upstream_limits,
)
from gateway.policies.facts import Buckets, Facts
from gateway.ports import Body, Clock, Fresh, IdempotencyRecords, LogSink, Upstreams
from gateway.recording import Recorder, Trail
from gateway.seeing import sent_by
from gateway.streaming import BodyTimeout, BodyTooLarge, ClientGone, CountedStream, RequestParts
from gateway.surface import Surface
from gateway.tokens import NOT_COMPACT
from gateway.usage import Meter

logger = logging.getLogger("pactolus.gateway")


class Exchange:
    """Runs requests through the plan in force."""

    def __init__(
        self,
        config: GatewayConfig,
        upstreams: Upstreams,
        meter: Meter,
        metrics: Metrics,
        log: LogSink,
        clock: Clock,
        fresh: Fresh,
        buckets: Buckets,
        records: IdempotencyRecords,
        credentials: Credentials,
    ) -> None:
        self._config = config
        self._limits = config.limits
        self._query_max = config.limits.query_parameters_max
        self._values_max = config.limits.body_values_max
        self._violations_max = config.limits.violations_max
        self._once = Once(records)
        self._credentials = credentials
        self._passage = Passage(upstreams, meter, clock, config)
        self._proxies = config.proxies
        self._trusts = bool(config.proxies.trusted)
        self._surface = Surface.of(config)
        self._recorder = Recorder(meter, metrics, log)
        self._clock = clock
        self._fresh = fresh
        self._buckets = buckets
        self._date = DateLine()
        self._plan: Plan | None = None
        self._keys: KeyRing | None = None
        self._in_flight_max = tuple(
            max(1, int(config.limits.exchanges_in_flight_max * share))
            for share in config.limits.exchanges_share_by_lane
        )
        self._sheds_from = min(self._in_flight_max)
        self.in_flight = 0

    @property
    def plan(self) -> Plan | None:
        """The plan in force; None before the first."""
        return self._plan

    def use(self, plan: Plan, keys: KeyRing) -> None:
        """From now on requests are decided by `plan`; those under way keep theirs."""
        keys.verifier.use_revocations(plan.revoked)
        self._plan, self._keys = plan, keys

    async def handle(self, request: Request, body: Body) -> Answer:
        """The answer to one request; raises only `ClientGone`."""
        started, now = self._clock.elapsed(), self._clock.now()
        if self._trusts:
            client = proxies.client_of(request.client, request.headers, self._proxies)
            request = request._replace(client=client)
        given = dict(request.headers)
        fresh = self._fresh
        trail = Trail(
            correlation.accept(given.get(correlation.HEADER)) or fresh.correlation_id(),
            correlation.follow(
                given.get(b"traceparent"), given.get(b"tracestate"), fresh.trace_id(), fresh.parent_id()
            ),
        )
        self.in_flight += 1
        try:
            decided = await self._decide(request, given, body, trail, now, started)
        except ClientGone:
            self.in_flight -= 1
            if trail.facts is not None:
                self._settle(trail.facts, trail, 0)
            raise
        except Exception:
            logger.exception("exchange %s failed", trail.correlation_id)
            decided = Reject("internal_error", "the gateway could not finish the exchange")
        answer = self._finish(request, trail, decided, now)
        if answer.stream is not None:
            return self._followed(request, trail, answer, answer.stream, now, started)
        self.in_flight -= 1
        if trail.facts is not None and trail.facts.taken is not None:
            self._settle(trail.facts, trail, len(answer.body))
        self._recorder.take(
            request, trail, answer.status, len(answer.body), now, self._clock.elapsed() - started
        )
        return answer

    def _followed(
        self, request: Request, trail: Trail, answer: Answer, stream: AnswerStream, now: float, started: float
    ) -> Answer:
        """A streamed answer is under way, and unrecorded, until its stream is closed."""

        def ended(bytes_out: int) -> None:
            self.in_flight -= 1
            if trail.facts is not None:
                self._settle(trail.facts, trail, bytes_out)
            duration_s = self._clock.elapsed() - started
            self._recorder.take(request, trail, answer.status, bytes_out, now, duration_s)

        return answer._replace(stream=CountedStream(stream, ended))

    def _settle(self, facts: Facts, trail: Trail, bytes_out: int) -> None:
        """What several limits lent the exchange is given back, and its bytes are charged in full."""
        if facts.taken is not None and facts.taken.allowed:
            self._buckets.settle(facts.taken, trail.bytes_in + bytes_out, self._clock.elapsed())

    async def _decide(
        self,
        request: Request,
        given: Mapping[bytes, bytes],
        body: Body,
        trail: Trail,
        now: float,
        started: float,
    ) -> Answer | Reject:
        plan, keys = self._plan, self._keys
        if plan is None or keys is None:
            return Reject("not_ready", "no contract has been loaded yet", headers=((b"retry-after", b"1"),))
        if self.in_flight > self._limits.exchanges_in_flight_max:
            return Reject("overloaded", "too many exchanges at once", headers=((b"retry-after", b"1"),))
        if b"via" in given or self._surface is not None:
            early = self._before_routing(plan, request, given)
            if early is not None:
                return early
        route = plan.route(request.method, request.path)
        if isinstance(route, NoRoute):
            return _no_route(route, request.method, now)
        trail.route = route
        if self.in_flight > self._sheds_from and self.in_flight > self._in_flight_max[route.operation.lane]:
            detail = "too many exchanges at once; more urgent ones are served"
            return Reject("overloaded", detail, headers=((b"retry-after", b"1"),))
        if len(given) != len(request.headers):
            reject = repetition.decide(request.headers)
            if reject is not None:
                return reject
        facts = trail.facts = Facts(
            request, route, plan.consumers, self._buckets, plan.anonymous_plan, now, started
        )
        operation = route.operation
        if operation.scopes is not None:
            identity = _identify(keys, operation, given.get(b"authorization"), now)
            if identity is None:
                identity = await self._credentials.identify(plan, keys, facts, given)
            facts.identity = identity
        for decide in operation.admission:
            decided = decide(facts)
            if decided is not None:
                reject = decided if isinstance(decided, Reject) else await decided
                if reject is not None:
                    return reject
        values, most = route.path_values, self._violations_max
        head = request_validation.check_head(request, given, operation, values, self._query_max, most)
        if isinstance(head, Reject):
            return head
        if not operation.prevents_all:
            return await self._observe(request, given, body, head, facts, trail)
        content = await self._content(given, body, head, route, trail) if head.sends_body else b""
        if isinstance(content, Reject):
            return content
        if isinstance(content, bytes):
            reject = request_validation.check_body(operation, head, content, self._values_max, most)
            if facts.consumer is not None:
                trail.sent = sent_by(request, given, route, head, content, refused=reject is not None)
            if reject is not None:
                return reject
        return await self._go_on(request, given, facts, trail, content)

    def _before_routing(
        self, plan: Plan, request: Request, given: Mapping[bytes, bytes]
    ) -> Answer | Reject | None:
        """A call that came round is refused; a preflight is answered from the contract."""
        if b"via" in given and proxies.is_loop(request.headers, self._proxies):
            return Reject("loop_detected", "the call has passed this gateway as often as it may")
        if self._surface is not None and request.method == "OPTIONS":
            return self._surface.preflight(plan, request, given)
        return None

    async def _go_on(
        self,
        request: Request,
        given: Mapping[bytes, bytes],
        facts: Facts,
        trail: Trail,
        content: bytes | RequestParts,
    ) -> Answer | Reject:
        """What a request that may pass is answered: by the system behind, or as it was before."""
        operation = facts.route.operation
        for guard in operation.content_guards:
            reject = guard(facts, content)
            if reject is not None:
                return reject
        key = given.get(idempotency.KEY_LINE) if operation.idempotent else None
        send = self._passage.send
        if key is None or not isinstance(content, bytes):
            decided = await send(request, facts, trail, content)
        else:
            decided = await self._once.run(
                request, key, facts, content, lambda: send(request, facts, trail, content)
            )
        # What was kept under a key is whole: another caller of the consumer may see more of it, or less.
        return redaction.decide(facts, decided) if operation.redactions else decided

    async def _content(
        self,
        given: Mapping[bytes, bytes],
        body: Body,
        head: request_validation.Head,
        route: Route,
        trail: Trail,
    ) -> bytes | RequestParts | Reject:
        limits, timeouts = self._limits, self._config.timeouts
        announced = request_validation.announced_bytes(given)
        if request_validation.is_streamed(route.operation, head, announced, limits.streamed_from_bytes):
            trail.unvalidated.append("request body")
            bytes_max = limits.streamed_body_bytes_max
            return RequestParts(body, announced, bytes_max, timeouts.request_body_s, trail)
        try:
            if announced is not None and announced > limits.request_body_bytes_max:
                raise BodyTooLarge
            raw = await body.read(limits.request_body_bytes_max, timeouts.request_body_s)
        except BodyTooLarge:
            return too_large(limits.request_body_bytes_max)
        except BodyTimeout:
            return too_late()
        trail.bytes_in = len(raw)
        return raw

    async def _observe(
        self,
        request: Request,
        given: Mapping[bytes, bytes],
        body: Body,
        head: request_validation.Head,
        facts: Facts,
        trail: Trail,
    ) -> Answer | Reject:
        """As `_decide` goes on, where an operator has facets of the operation only detected, or left out."""
        operation = facts.route.operation
        content = await self._content(given, body, head, facts.route, trail) if head.sends_body else b""
        if isinstance(content, Reject):
            return content
        reject = None
        if isinstance(content, bytes):
            reject = request_validation.check_body(
                operation, head, content, self._limits.body_values_max, self._violations_max
            )
            if facts.consumer is not None:
                trail.sent = sent_by(request, given, facts.route, head, content, refused=False)
        if operation.key == UNDECLARED:
            trail.detected.append(Violation("path", "", "undeclared", "is not in the contract"))
        elif reject is not None:
            modes = [operation.facets.of_request(violation) for violation in reject.violations]
            prevented, detected = weighed(reject.violations, modes)
            trail.detected += detected
            if not reject.violations or (prevented and reject.code == "malformed_body"):
                return reject
            if prevented:
                return request_validation.refusal(operation, prevented)
        return await self._go_on(request, given, facts, trail, content)

    def _finish(self, request: Request, trail: Trail, decided: Answer | Reject, now: float) -> Answer:
        if isinstance(decided, Reject):
            trail.code = decided.code
            answer = problem_answer(decided, trail.correlation_id, request.path)
        else:
            answer = decided
            answer.headers.append((correlation.HEADER, trail.correlation_id.encode()))
        lines = answer.headers
        facts = trail.facts
        if facts is not None:
            if trail.code != "throttled":
                ours = throttling.told(facts)
                limits = facts.told_limits
                lines.extend(ours if limits is None else upstream_limits.merged(ours, limits))
            if trail.code != "version_gone":
                lines.extend(facts.route.api.lifecycle_headers)
        if self._surface is not None:
            lines[:] = self._surface.dress(request, trail.route, lines)
        for name, _ in lines:
            if name == b"date":
                return answer
        lines.append(self._date.at(now))
        return answer


def _identify(
    keys: KeyRing, operation: OperationPlan, authorization: bytes | None, now: float
) -> Claims | TokenRefusal | None:
    """Who calls, where a plain access token under a known key says it alone; None where it takes more."""
    if operation.asks is not None:
        return None
    sent = authentication.access_token(authorization)
    if isinstance(sent, tuple):
        decided = keys.verifier.verify(sent[1], now)
        if isinstance(decided, Claims):
            return decided if decided.confirmation is None and sent[0] == "bearer" else None
        return decided if isinstance(decided, TokenRefusal) and decided is not NOT_COMPACT else None
    return sent


def _no_route(route: NoRoute, method: str, now: float) -> Answer | Reject:
    if route.code == "malformed_path":
        return Reject(route.code, "the path holds an encoded slash, a dot segment or a malformed encoding")
    if route.code == "route_not_found":
        return Reject(route.code, "no published contract promises this path")
    if route.code == "version_not_found":
        return lifecycle.no_such_version(route.majors, now)
    if method == "OPTIONS":
        return Answer(204, [(b"allow", route.allow)], b"")
    allowed = route.allow.decode()
    return Reject(route.code, f"the contract promises {allowed} here", headers=((b"allow", route.allow),))
