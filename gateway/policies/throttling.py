"""How often a consumer may call: the generic cell rate algorithm (ITU-T I.371 annex A) per throttling class.

`burst` calls may come at once, and one more each 1/rate seconds. Nothing is charged for a refused call, and
nothing before the caller is known. The answer tells the state in RateLimit and RateLimit-Policy
(draft-ietf-httpapi-ratelimit-headers-11); 429 also in Retry-After.
"""

from __future__ import annotations

import math
from functools import lru_cache

from gateway.model import Reject, ThrottlingPlan
from gateway.policies.facts import Allowance, Facts

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


def decide(facts: Facts) -> Reject | None:
    """429 when the consumer's bucket for the operation's throttling class is empty."""
    consumer = facts.consumer
    if consumer is None:
        plan, name = facts.anonymous_plan, "anonymous " + facts.request.client
    else:
        plan, name = consumer.plan, consumer.name
    throttling_class = facts.route.operation.throttling_class
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


def headers(
    throttling_class: str, plan: ThrottlingPlan, allowance: Allowance
) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
    """RateLimit-Policy and RateLimit as structured field lists of one string item each."""
    name, policy = _policy_line(throttling_class, plan)
    wait = math.ceil(allowance.retry_after_s if not allowance.allowed else allowance.reset_s)
    return policy, (b"ratelimit", b'"%b";r=%d;t=%d' % (name, allowance.remaining, max(1, wait)))


@lru_cache(maxsize=4096)
def _policy_line(throttling_class: str, plan: ThrottlingPlan) -> tuple[bytes, tuple[bytes, bytes]]:
    """The class as it is written, and the line that never changes while the plan is the same."""
    window = max(1, math.ceil(plan.burst / plan.requests_per_second))
    name = throttling_class.encode()
    return name, (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, plan.burst, window))
