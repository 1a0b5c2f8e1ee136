"""Calls to a system behind that an operator has set more for: origins, retries, breaker, health, canary.

Every decision is a function of `gateway.resilience`; here they are asked, and what they say is done. A try
is the use of one origin; each is admitted by the breaker and counted by it, by its origin and by the canary.
The transport stays `gateway.upstream`'s, and contracts without settings go straight to it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from gateway.config import Limits, Timeouts
from gateway.errors import ConfigError, UpstreamError
from gateway.model import UpstreamRequest, UpstreamResponse
from gateway.ports import Clock
from gateway.resilience import breaker, canary, classify, origins, retries
from gateway.resilience.model import OriginState, UpstreamSettings, UpstreamState, Verdict
from gateway.upstream import UpstreamDirectory, UpstreamPool

logger = logging.getLogger("pactolus.gateway")
_CHECK_LINES = [(b"accept", b"*/*"), (b"user-agent", b"pactolus-health")]


class Outcome(NamedTuple):
    """What one try came to: an answer or an error, and what it is taken for."""

    result: UpstreamResponse | UpstreamError
    verdict: Verdict
    pause_s: float | None = None

    @property
    def failed(self) -> bool:
        """Whether it counts against the system behind."""
        return self.verdict in ("failure", "retryable")

    @property
    def may_be_repeated(self) -> bool:
        """Whether another try is worth it; an answer that is streamed already is passed on."""
        streamed = isinstance(self.result, UpstreamResponse) and self.result.stream is not None
        return self.verdict == "retryable" and not streamed


class Group:
    """Origins that serve the same, with a breaker of their own."""

    def __init__(
        self, key: str, urls: Sequence[str], settings: UpstreamSettings, limits: Limits, timeouts: Timeouts,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._key = key
        self._urls = urls
        self._settings = settings
        self._clock = clock
        self._pause_max_s = timeouts.upstream_pause_max_s
        self._pools = [UpstreamPool(url, limits, timeouts) for url in urls]
        self._standings = [origins.Standing() for _ in urls]
        self._breaker = breaker.Breaker()
        self._turn = 0

    @property
    def breaker_state(self) -> str | None:
        """Closed, open or half-open; None where none is set."""
        return None if self._settings.breaker is None else self._breaker.state

    def states(self) -> tuple[OriginState, ...]:
        """How each origin stands."""
        now = self._clock.elapsed()
        pairs = zip(self._urls, self._standings, strict=True)
        return tuple(OriginState(url, one.state(now), one.failures_in_row) for url, one in pairs)

    async def try_once(self, request: UpstreamRequest, tried: list[int], left_s: float | None) -> Outcome:
        """One try at an origin that is not in `tried`, if there is one; it is added to them.

        Raises `UpstreamError` when no origin may be asked now.
        """
        now = self._clock.elapsed()
        index = origins.choose(self._standings, self._turn, tried, now)
        if isinstance(index, float):
            raise UpstreamError("upstream_resting", "the system behind asked for a pause", index)
        era = self._admitted(now)
        self._turn += 1
        tried.append(index)
        try:
            async with asyncio.timeout(left_s):
                response = await self._pools[index].send(request)
            outcome = self._classified(response)
        except TimeoutError:
            error = UpstreamError("upstream_timeout", "the system behind did not answer in time")
            outcome = Outcome(error, "retryable")
        except UpstreamError as error:
            outcome = Outcome(error, classify.of_error(error))
        except BaseException:
            # The caller left, or its body did not come: the system behind is not judged by it.
            self._breaker = breaker.release(self._breaker, era)
            raise
        self._count(index, era, outcome)
        return outcome

    def rests(self, wait_s: float) -> bool:
        """Whether all of its origins will still rest in `wait_s`."""
        now = self._clock.elapsed() + wait_s
        return isinstance(origins.choose(self._standings, 0, (), now), float)

    def _admitted(self, now: float) -> int:
        rules = self._settings.breaker
        if rules is None:
            return 0
        self._breaker, decided = breaker.admit(self._breaker, rules, now)
        if isinstance(decided, breaker.Refused):
            detail = "the system behind failed too often; it is left alone for a while"
            raise UpstreamError("upstream_circuit_open", detail, decided.wait_s)
        return decided.era

    def _classified(self, response: UpstreamResponse) -> Outcome:
        verdict = classify.of_response(response, self._settings.rules)
        pause_s = None
        if response.status in (429, 503):
            pause_s = retries.retry_after_s(response.headers, self._clock.now())
        return Outcome(response, verdict, pause_s)

    def _count(self, index: int, era: int, outcome: Outcome) -> None:
        now = self._clock.elapsed()
        rules, failed = self._settings.breaker, outcome.failed
        if rules is not None:
            before = self._breaker.state
            self._breaker = breaker.record(self._breaker, rules, era, now, failed=failed)
            if self._breaker.state != before:
                logger.warning("breaker of %s is %s", self._key, self._breaker.state)
        standing = origins.after_try(self._standings, index, self._settings.outliers, now, failed=failed)
        if outcome.pause_s:
            pause_s = min(outcome.pause_s, self._pause_max_s)
            standing = origins.after_pause_asked(standing, pause_s, now)
        self._standings[index] = standing

    async def check(self) -> None:
        """Asks every origin whether it is well."""
        await asyncio.gather(*(self._check(index) for index in range(len(self._pools))))

    async def _check(self, index: int) -> None:
        rules = self._settings.check
        if rules is None:
            return
        request = UpstreamRequest("GET", rules.path.encode("ascii"), list(_CHECK_LINES), b"")
        try:
            async with asyncio.timeout(rules.timeout_s):
                response = await self._pools[index].send(request)
            passed = response.status == rules.status
        except TimeoutError:
            passed = False
        except UpstreamError as error:
            if error.code == "upstream_busy":
                return  # says nothing about the origin
            passed = False
        before = self._standings[index]
        self._standings[index] = after = origins.after_check(before, rules, passed=passed)
        if after.unhealthy != before.unhealthy:
            logger.warning(
                "%s at %s is %s", self._key, self._urls[index], "unhealthy" if after.unhealthy else "healthy"
            )

    def close(self) -> None:
        """Ends all idle connections."""
        for pool in self._pools:
            pool.close()


class Guard:
    """The system behind one contract, and the new one that takes a share of its calls, if there is one."""

    def __init__(
        self, key: str, settings: UpstreamSettings, limits: Limits, timeouts: Timeouts, clock: Clock,
        draw: Callable[[], float], sleep: Callable[[float], Awaitable[object]],
    ) -> None:  # fmt: skip
        self._key = key
        self._settings = settings
        self._clock = clock
        self._draw = draw
        self._sleep = sleep
        timeouts = replace(
            timeouts,
            upstream_connect_s=settings.connect_s or timeouts.upstream_connect_s,
            upstream_response_s=settings.per_try_s or timeouts.upstream_response_s,
        )
        self._stable = Group(key, settings.origins, settings, limits, timeouts, clock)
        self._canary: Group | None = None
        if settings.canary is not None:
            self._canary = Group(
                f"{key} (canary)", settings.canary.origins, settings, limits, timeouts, clock
            )
        self._canary_state = canary.Canary()
        self._tokens = settings.tries.budget_burst

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """As `ports.Upstreams.send`."""
        rules = self._settings.canary
        if rules is None or self._canary is None:
            return _given(await self._run(self._stable, request))
        self._canary_state, takes = canary.takes(self._canary_state, rules, request.headers)
        if not takes:
            return _given(await self._run(self._stable, request))
        outcome = await self._run(self._canary, request)
        was = self._canary_state.rolled_back
        self._canary_state = canary.record(
            self._canary_state, rules, self._clock.elapsed(), failed=outcome.failed
        )
        if self._canary_state.rolled_back and not was:
            logger.error("the canary of %s is rolled back: too many of its calls failed", self._key)
        return _given(outcome)

    async def _run(self, group: Group, request: UpstreamRequest) -> Outcome:
        """Tries until the answer need not be better, or may not be asked for again."""
        tries = self._settings.tries
        self._tokens = retries.deposit(self._tokens, tries)
        tries_max = tries.tries_max if retries.is_repeatable(request) else 1
        # A body that is passed on as it comes takes as long as its caller takes.
        total_s = None if request.parts is not None else self._settings.total_s
        ends = None if total_s is None else self._clock.elapsed() + total_s
        tried: list[int] = []
        outcome: Outcome | None = None
        while True:
            try:
                outcome = await group.try_once(request, tried, self._left_s(ends))
            except UpstreamError as error:
                # No origin may be asked: what an earlier try brought is better than nothing.
                return outcome or Outcome(error, "failure")
            if len(tried) >= tries_max or not outcome.may_be_repeated:
                return outcome
            wait_s = retries.backoff_s(tries, len(tried), self._draw())
            left_s = self._left_s(ends)
            tokens = retries.withdraw(self._tokens)
            if tokens is None or group.rests(wait_s) or (left_s is not None and wait_s >= left_s):
                return outcome
            self._tokens = tokens
            await self._sleep(wait_s)

    def _left_s(self, ends: float | None) -> float | None:
        return None if ends is None else max(0.0, ends - self._clock.elapsed())

    async def check(self) -> None:
        """Asks every origin whether it is well."""
        await self._stable.check()
        if self._canary is not None:
            await self._canary.check()

    def state(self) -> UpstreamState:
        """How the system behind stands."""
        preview = self._canary
        told = None
        if preview is not None:
            told = "rolled back" if self._canary_state.rolled_back else "in use"
        return UpstreamState(
            self._key, self._stable.states(), self._stable.breaker_state, self._tokens, told,
            () if preview is None else preview.states(),
        )  # fmt: skip

    def close(self) -> None:
        """Ends all idle connections."""
        self._stable.close()
        if self._canary is not None:
            self._canary.close()


class GuardedDirectory:
    """All systems behind: those with settings behind their guards, the others as `plain` has them."""

    def __init__(
        self, plain: UpstreamDirectory, named: Mapping[str, str], settings: Mapping[str, UpstreamSettings],
        limits: Limits, timeouts: Timeouts, clock: Clock, draw: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        self._plain = plain
        self._settings = {key: _with_origin(key, one, named.get(key)) for key, one in settings.items()}
        self._guards = {
            key: Guard(key, one, limits, timeouts, clock, draw, sleep) for key, one in self._settings.items()
        }

    async def send(self, key: str, request: UpstreamRequest) -> UpstreamResponse:
        """As `ports.Upstreams.send`."""
        guard = self._guards.get(key)
        return await (self._plain.send(key, request) if guard is None else guard.send(request))

    def states(self) -> list[UpstreamState]:
        """How every system behind stands, by the key of its contract."""
        guarded = [guard.state() for guard in self._guards.values()]
        plain = [state for state in self._plain.states() if state.key not in self._guards]
        return sorted(guarded + plain, key=lambda state: state.key)

    def checks(self) -> list[tuple[float, Callable[[], Awaitable[None]]]]:
        """What is to be run every so many seconds."""
        return [
            (one.check.interval_s, self._guards[key].check)
            for key, one in self._settings.items()
            if one.check is not None
        ]

    def close(self) -> None:
        """Ends all idle connections."""
        self._plain.close()
        for guard in self._guards.values():
            guard.close()


def _with_origin(key: str, settings: UpstreamSettings, named: str | None) -> UpstreamSettings:
    """The settings with the origin of the command line, which goes before those of the file."""
    if named is not None:
        return replace(settings, origins=(named,))
    if not settings.origins:
        raise ConfigError("config.upstream", f"{key} has settings and no origins; give them, or --upstream")
    return settings


def _given(outcome: Outcome) -> UpstreamResponse:
    if isinstance(outcome.result, UpstreamError):
        raise outcome.result
    return outcome.result
