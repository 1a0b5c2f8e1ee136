"""The circuit breaker: closed, open, half-open, by the rate of errors over a sliding window.

A value and three functions. Each try is admitted under the breaker's `era`, which changes with its state, so
what began before the breaker opened is not counted for what came after.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from gateway.resilience import window
from gateway.resilience.model import BreakerRules

State = Literal["closed", "open", "half-open"]
HALF_OPEN_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """Its state: `probes_out` are under way while half-open, `probes_passed` have succeeded."""

    state: State = "closed"
    era: int = 0
    counts: window.Window = window.EMPTY
    open_until: float = 0.0
    probes_out: int = 0
    probes_passed: int = 0


class Admitted(NamedTuple):
    """The try may go, under this era."""

    era: int


class Refused(NamedTuple):
    """The try may not go; another may be worth it after `wait_s`."""

    wait_s: float


def admit(breaker: Breaker, rules: BreakerRules, now: float) -> tuple[Breaker, Admitted | Refused]:
    """Whether a try may go now."""
    if breaker.state == "closed":
        return breaker, Admitted(breaker.era)
    if breaker.state == "open":
        if now < breaker.open_until:
            return breaker, Refused(breaker.open_until - now)
        breaker = Breaker("half-open", breaker.era + 1)
    if breaker.probes_out + breaker.probes_passed >= rules.probes:
        return breaker, Refused(HALF_OPEN_WAIT_S)
    return replace(breaker, probes_out=breaker.probes_out + 1), Admitted(breaker.era)


def record(breaker: Breaker, rules: BreakerRules, era: int, now: float, *, failed: bool) -> Breaker:
    """The breaker after a try that was admitted under `era`; one of an earlier era changes nothing."""
    if era != breaker.era:
        return breaker
    if breaker.state == "half-open":
        if failed:
            return _opened(breaker, rules, now)
        passed = breaker.probes_passed + 1
        if passed >= rules.probes:
            return Breaker(era=breaker.era + 1)
        return replace(breaker, probes_out=breaker.probes_out - 1, probes_passed=passed)
    counts = window.count(breaker.counts, rules.window_s, now, failed=failed)
    calls, failures = window.totals(counts, rules.window_s, now)
    if failed and calls >= rules.calls_min and failures >= rules.error_rate * calls:
        return _opened(breaker, rules, now)
    return replace(breaker, counts=counts)


def release(breaker: Breaker, era: int) -> Breaker:
    """The breaker after a try that came to no end, such as one whose caller left."""
    if era != breaker.era or breaker.state != "half-open":
        return breaker
    return replace(breaker, probes_out=breaker.probes_out - 1)


def _opened(breaker: Breaker, rules: BreakerRules, now: float) -> Breaker:
    return Breaker("open", breaker.era + 1, open_until=now + rules.open_s)
