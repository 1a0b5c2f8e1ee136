"""How often a consumer may call: the generic cell rate algorithm (ITU-T I.371 annex A) per throttling class.

`burst` calls may come at once, and one more each 1/rate seconds. Nothing is charged for a refused call, and
nothing before the caller is known. The answer tells the state in RateLimit and RateLimit-Policy
(draft-ietf-httpapi-ratelimit-headers-11); 429 also in Retry-After. Where a class has several limits, by
calls, bytes or calls under way, they are decided together: `gateway.quotas`.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable
from functools import lru_cache

from gateway import quotas
from gateway.model import Headers, Limit, Reject, ThrottlingPlan
from gateway.policies.facts import Allowance, Ask, Facts, Taken

_ROUNDING = 1e-9


def take(arrival: float, now: float, plan: ThrottlingPlan) -> tuple[Allowance, float]:
    """Decides one call at `now`; the second value is the theoretical arrival time to keep."""
    interval = 1.0 / plan.requests_per_second
    tolerance = plan.burst * interval
    start = arrival if arrival > now else now
    backlog = start + interval - now
    if backlog > tolerance + _ROUNDING:
        return Allowance(False, 0, backlog - tolerance, start - now), arrival
    remaining = int((tolerance - backlog) / interval + _ROUNDING)
    return Allowance(True, remaining, 0.0, backlog), start + interval


def decide(facts: Facts) -> Reject | Awaitable[Reject | None] | None:
    """429 when the consumer's bucket for the operation's throttling class is empty."""
    consumer = facts.consumer
    if consumer is None:
        plan, name = facts.anonymous_plan, "anonymous " + facts.request.client
    else:
        plan, name = consumer.plan, consumer.name
    throttling_class = facts.route.operation.throttling_class
    limits = plan.limits.get(throttling_class)
    if limits is not None:
        return _several(facts, name, limits)
    key = (name, throttling_class)
    now = facts.elapsed
    allowance = facts.allowance = facts.buckets.update(key, now, lambda arrival: take(arrival, now, plan))
    if allowance.allowed:
        return None
    detail = (
        f"more than {plan.requests_per_second:g} calls/s (burst {plan.burst}) in class {throttling_class}"
    )
    wait = str(max(1, math.ceil(allowance.retry_after_s))).encode()
    return Reject(
        "throttled",
        detail,
        headers=((b"retry-after", wait), *headers(throttling_class, plan, allowance)),
        extra={"violated-policies": [throttling_class]},
    )


def decide_within_budget(facts: Facts) -> Reject | Awaitable[Reject | None] | None:
    """As `decide`, for a contract with a budget that all its callers have together."""
    consumer, throttling_class = facts.consumer, facts.route.operation.throttling_class
    if consumer is None:
        plan, name = facts.anonymous_plan, "anonymous " + facts.request.client
    else:
        plan, name = consumer.plan, consumer.name
    limits = plan.limits.get(throttling_class)
    return _several(facts, name, (quotas.rate(plan, throttling_class),) if limits is None else limits)


def _several(facts: Facts, name: str, limits: tuple[Limit, ...]) -> Reject | Awaitable[Reject | None] | None:
    """As `decide`, of several limits; to be awaited where their state is elsewhere."""
    route = facts.route
    asks = [Ask((name, limit.counter), limit, _cost(limit, facts.request.headers)) for limit in limits]
    for limit in route.operation.budget:
        key = (f"upstream {route.api.record.key}", limit.counter)
        asks.append(Ask(key, limit, _cost(limit, facts.request.headers)))
    taken = facts.buckets.take(asks, facts.elapsed)
    if taken is None or isinstance(taken, Taken):
        return _conclude(facts, taken)
    return _later(facts, taken)


async def _later(facts: Facts, taken: Awaitable[Taken | None]) -> Reject | None:
    return _conclude(facts, await taken)


def _conclude(facts: Facts, taken: Taken | None) -> Reject | None:
    """429 with all limits, and the names of those that refuse; 503 when nobody can say."""
    if taken is None:
        return shared_state_away()
    facts.taken = taken
    if taken.allowed:
        return None
    throttling_class = facts.route.operation.throttling_class
    refusing = [
        (ask.limit, allowance)
        for ask, allowance in zip(taken.asks, taken.allowances, strict=True)
        if not allowance.allowed
    ]
    budgets = {limit.name for limit in facts.route.operation.budget}
    is_callers = any(limit.name not in budgets for limit, _ in refusing)
    wait_s = max(allowance.retry_after_s for _, allowance in refusing)
    quotas_met = "; ".join(_in_words(limit) for limit, _ in refusing)
    return Reject(
        "throttled" if is_callers else "upstream_budget_spent",
        f"more than {quotas_met} in class {throttling_class}",
        headers=((b"retry-after", b"%d" % max(1, math.ceil(wait_s))), *several_headers(taken)),
        extra={"violated-policies": [limit.name for limit, _ in refusing]},
    )


def shared_state_away() -> Reject:
    """503 where nobody may decide without what gateways share."""
    detail = "what gateways share cannot be reached, and nothing is decided without it"
    return Reject("shared_state_unavailable", detail, headers=((b"retry-after", b"1"),))


def told(facts: Facts) -> Headers:
    """RateLimit-Policy and RateLimit of a call that was let in; nothing where it did not come so far."""
    allowance = facts.allowance
    if allowance is not None:
        plan = facts.anonymous_plan if facts.consumer is None else facts.consumer.plan
        return headers(facts.route.operation.throttling_class, plan, allowance)
    return several_headers(facts.taken) if facts.taken is not None and facts.taken.allowed else ()


def several_headers(taken: Taken) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """RateLimit-Policy and RateLimit of several limits."""
    policies, states = quotas.lines(taken.asks, taken.allowances)
    return (b"ratelimit-policy", policies), (b"ratelimit", states)


def _cost(limit: Limit, headers: Headers) -> int:
    """One call, or the bytes it announces, at most the quota: a larger one passes when the bucket is full."""
    if limit.unit != quotas.BYTES:
        return 1
    return min(limit.quota, max(1, announced(headers)))


def announced(headers: Headers) -> int:
    """The length of the body as the head tells it; 0 where it tells none."""
    return next((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), 0)


def _in_words(limit: Limit) -> str:
    if limit.unit == quotas.PLACES:
        return f"{limit.quota} calls at once ({limit.name})"
    unit = "bytes" if limit.unit == quotas.BYTES else "calls"
    return f"{limit.quota} {unit} in {limit.window_s:g} s ({limit.name})"


def headers(
    throttling_class: str, plan: ThrottlingPlan, allowance: Allowance
) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """RateLimit-Policy and RateLimit as structured field lists of one string item each."""
    name, policy = _policy_line(throttling_class, plan.requests_per_second, plan.burst)
    wait = math.ceil(allowance.retry_after_s if not allowance.allowed else allowance.reset_s)
    return policy, (b"ratelimit", b'"%b";r=%d;t=%d' % (name, allowance.remaining, max(1, wait)))


@lru_cache(maxsize=4096)
def _policy_line(
    throttling_class: str, requests_per_second: float, burst: int
) -> tuple[bytes, tuple[bytes, bytes]]:
    """The class as it is written, and the line that never changes while the plan is the same."""
    window = max(1, math.ceil(burst / requests_per_second))
    name = throttling_class.encode()
    return name, (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, burst, window))
