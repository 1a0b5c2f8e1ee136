"""What an operator may set for one system behind, and how it stands. Nothing is on unless it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["fine", "business", "failure", "retryable"]
"""`business` is an error of the caller's business, not of the system; the last two count against it."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a call that may be repeated is sent; retries are at most `budget_share` of the calls.

    `budget_burst` may be retried on top of the share. The wait before a retry is drawn from 0 up to
    `backoff_s`, doubled with each try and never above `backoff_max_s`.
    """

    tries_max: int = 1
    budget_share: float = 0.2
    budget_burst: float = 10.0
    backoff_s: float = 0.025
    backoff_max_s: float = 0.5


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """Opens for `open_s` when of at least `calls_min` tries in `window_s` the share `error_rate` failed.

    Then up to `probes` calls are let through at once; so many that succeed close it, one that fails opens it.
    """

    error_rate: float = 0.5
    calls_min: int = 20
    window_s: float = 10.0
    open_s: float = 5.0
    probes: int = 3


@dataclass(frozen=True, slots=True)
class OutlierRules:
    """An origin is left out for `eject_s` after so many failures in a row, longer each time up to
    `eject_max_s`; never more than the share `ejected_share_max` of the origins at once."""

    failures_in_row: int = 5
    eject_s: float = 10.0
    eject_max_s: float = 300.0
    ejected_share_max: float = 0.5


@dataclass(frozen=True, slots=True)
class CheckRules:
    """Each origin is asked for `path` every `interval_s`; any other answer than `status` is a failure."""

    path: str
    interval_s: float = 5.0
    timeout_s: float = 1.0
    status: int = 200
    unhealthy_after: int = 3
    healthy_after: int = 2


@dataclass(frozen=True, slots=True)
class StatusRule:
    """What an answer of this status is taken for; with `code` only when its JSON body has that `code`."""

    status: int
    verdict: Verdict
    code: str | None = None


@dataclass(frozen=True, slots=True)
class CanaryRules:
    """A new system that takes a share of the calls, and those whose header line says so.

    It is rolled back for good when of at least `calls_min` calls in `window_s` more than `error_rate` failed.
    """

    origins: tuple[str, ...]
    share: float = 0.0
    header: tuple[bytes, bytes] | None = None
    error_rate: float = 0.1
    calls_min: int = 20
    window_s: float = 60.0


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """One system behind. Without `origins` it is where `--upstream` says; None leaves the general time."""

    origins: tuple[str, ...] = ()
    connect_s: float | None = None
    per_try_s: float | None = None
    total_s: float | None = None
    tries: Tries = Tries()
    rules: tuple[StatusRule, ...] = ()
    breaker: BreakerRules | None = None
    outliers: OutlierRules | None = None
    check: CheckRules | None = None
    canary: CanaryRules | None = None


@dataclass(frozen=True, slots=True)
class OriginState:
    """How one origin stands: `in use`, `ejected`, `resting` (it asked for a pause) or `unhealthy`."""

    origin: str
    state: str
    failures_in_row: int = 0


@dataclass(frozen=True, slots=True)
class UpstreamState:
    """How the system behind one contract stands; `breaker` is None where none is set."""

    key: str
    origins: tuple[OriginState, ...]
    breaker: str | None = None
    retries_left: float = 0.0
    canary: str | None = None
    canary_origins: tuple[OriginState, ...] = ()
