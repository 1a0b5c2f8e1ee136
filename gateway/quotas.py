"""Several limits on one call, decided together: all of them are charged, or none is.

A limit of requests or bytes is a bucket (the generic cell rate algorithm, as `policies.throttling` has it for
one): `quota` units at once, one more each `window_s`/`quota`. Bytes are known in full only when a call has
ended: what was announced is charged at its start, the rest behind it, and may leave a debt that is waited
for. A limit of places counts calls under way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from gateway.model import Limit, ThrottlingPlan
from gateway.policies.facts import Allowance, Ask

REQUESTS, BYTES, PLACES = "requests", "content-bytes", "concurrent-requests"
UNITS = (REQUESTS, BYTES, PLACES)
PLACE_RETRY_S = 1.0
"""When to ask again for a place: nobody knows when one comes free."""
_ROUNDING = 1e-9
_ROUNDING_S = 1e-6


def rate(plan: ThrottlingPlan, throttling_class: str) -> Limit:
    """The rate of a plan written as a limit; it shares its state with the rate."""
    window_s = plan.burst / plan.requests_per_second
    return Limit(throttling_class, plan.burst, window_s, counter=throttling_class)


def judge(ask: Ask, state: float, now: float) -> Allowance:
    """What one limit says: `state` is its arrival time on the clock of `now`, or the places taken."""
    limit = ask.limit
    if limit.unit == PLACES:
        free = limit.quota - int(state)
        return Allowance(free >= ask.cost, max(0, free - ask.cost), PLACE_RETRY_S, 0.0)
    interval = limit.window_s / limit.quota
    start = state if state > now else now
    backlog = start + ask.cost * interval - now
    if backlog > limit.window_s + _ROUNDING:
        left = int((limit.window_s - (start - now)) / interval + _ROUNDING)
        return Allowance(False, max(0, left), backlog - limit.window_s, start - now)
    return Allowance(True, int((limit.window_s - backlog) / interval + _ROUNDING), 0.0, backlog)


def weigh(asks: Sequence[Ask], states: Sequence[float], now: float) -> tuple[bool, list[Allowance]]:
    """Whether all allow the call, and what each has left: of one that is refused, nothing is charged."""
    allowances = [judge(ask, state, now) for ask, state in zip(asks, states, strict=True)]
    if all(allowance.allowed for allowance in allowances):
        return True, allowances
    return False, [
        judge(ask._replace(cost=0), state, now) if allowance.allowed else allowance
        for ask, state, allowance in zip(asks, states, allowances, strict=True)
    ]


def charged(ask: Ask, state: float, now: float) -> float:
    """The arrival time of a bucket behind the charge; a cost below zero gives back."""
    start = state if state > now else now
    return start + ask.cost * ask.limit.window_s / ask.limit.quota


def debts(asks: Sequence[Ask], bytes_used: int) -> list[Ask]:
    """What a call that used so many bytes still costs, or gets back."""
    return [
        ask._replace(cost=bytes_used - ask.cost)
        for ask in asks
        if ask.limit.unit == BYTES and bytes_used != ask.cost
    ]


def lines(asks: Sequence[Ask], allowances: Sequence[Allowance]) -> tuple[bytes, bytes]:
    """The values of RateLimit-Policy and RateLimit: structured lists of strings, an item for each limit."""
    policies, states = [], []
    for ask, allowance in zip(asks, allowances, strict=True):
        name, policy = _policy(ask.limit)
        policies.append(policy)
        if ask.limit.unit == PLACES:
            states.append(b'"%b";r=%d' % (name, allowance.remaining))
        else:
            wait_s = allowance.reset_s if allowance.allowed else allowance.retry_after_s
            wait = math.ceil(wait_s - _ROUNDING_S)
            states.append(b'"%b";r=%d;t=%d' % (name, allowance.remaining, max(1, wait)))
    return b", ".join(policies), b", ".join(states)


@lru_cache(maxsize=4096)
def _policy(limit: Limit) -> tuple[bytes, bytes]:
    """The name as it is written, and the item of RateLimit-Policy that never changes."""
    name = limit.name.encode()
    unit = b"" if limit.unit == REQUESTS else b';qu="%b"' % limit.unit.encode()
    window = b"" if limit.unit == PLACES else b";w=%d" % max(1, math.ceil(limit.window_s))
    return name, b'"%b";q=%d%b%b' % (name, limit.quota, unit, window)
