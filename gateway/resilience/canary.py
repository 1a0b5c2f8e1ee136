"""Which calls a new system takes, and when it is rolled back.

The share is spread evenly, without chance. What a header line asks for comes on top. Once rolled back it gets
no call any more, until the gateway is started again: a person looks first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.model import Headers
from gateway.resilience import window
from gateway.resilience.model import CanaryRules


@dataclass(frozen=True, slots=True)
class Canary:
    """Its state; `owed` is the part of a call that its share has added up to."""

    rolled_back: bool = False
    owed: float = 0.0
    counts: window.Window = window.EMPTY


def takes(canary: Canary, rules: CanaryRules, headers: Headers) -> tuple[Canary, bool]:
    """Whether the new system takes the next call."""
    if canary.rolled_back:
        return canary, False
    if rules.header is not None and rules.header in headers:
        return canary, True
    owed = canary.owed + rules.share
    # What adds up to a call but for rounding is one.
    return (
        (replace(canary, owed=owed - 1.0), True) if owed > 1.0 - 1e-9 else (replace(canary, owed=owed), False)
    )


def record(canary: Canary, rules: CanaryRules, now: float, *, failed: bool) -> Canary:
    """The canary after a call that it took."""
    counts = window.count(canary.counts, rules.window_s, now, failed=failed)
    calls, failures = window.totals(counts, rules.window_s, now)
    breached = calls >= rules.calls_min and failures > rules.error_rate * calls
    return replace(canary, counts=counts, rolled_back=canary.rolled_back or breached)
