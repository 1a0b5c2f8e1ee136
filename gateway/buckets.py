"""Throttling state of one process: a bounded table of arrival times, the fullest buckets forgotten first.

A bucket whose arrival time has passed is full again and worth nothing to remember, so sweeping those loses no
decision. Only when all are in use is the oldest one given up, which can only be in its caller's favor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway import quotas
from gateway.policies.facts import Ask, Taken

T = TypeVar("T")


class BucketTable:
    """Implements `facts.Buckets`; a place that is not given back comes free after `place_s`."""

    __slots__ = ("_arrivals", "_count_max", "_place_s", "_places", "_places_taken")

    def __init__(self, count_max: int, place_s: float) -> None:
        self._count_max = count_max
        self._place_s = place_s
        self._arrivals: dict[tuple[str, str], float] = {}
        self._places: dict[tuple[str, str], dict[bytes, float]] = {}
        self._places_taken = 0

    def __len__(self) -> int:
        return len(self._arrivals)

    def update(self, key: tuple[str, str], now: float, decide: Callable[[float], tuple[T, float]]) -> T:
        """What `decide` makes of the arrival time kept for `key`; the time it gives is kept in its place."""
        arrival = self._arrivals.get(key, 0.0)
        decided, later = decide(arrival)
        if later != arrival:
            self._keep(key, later, now)
        return decided

    def take(self, asks: Sequence[Ask], now: float) -> Taken:
        """As `facts.Buckets.take`."""
        states = [
            self._taken(ask.key, now) if ask.limit.unit == quotas.PLACES else self._arrivals.get(ask.key, 0.0)
            for ask in asks
        ]
        allowed, allowances = quotas.weigh(asks, states, now)
        if not allowed:
            return Taken(False, asks, allowances)
        places = []
        for ask, state in zip(asks, states, strict=True):
            if ask.limit.unit == quotas.PLACES:
                self._places_taken += 1
                places.append(b"%d" % self._places_taken)
                self._places.setdefault(ask.key, {})[places[-1]] = now + self._place_s
            else:
                self._keep(ask.key, quotas.charged(ask, state, now), now)
        return Taken(True, asks, allowances, places)

    def settle(self, taken: Taken, bytes_used: int, now: float) -> None:
        """As `facts.Buckets.settle`."""
        for ask in quotas.debts(taken.asks, bytes_used):
            self._keep(ask.key, quotas.charged(ask, self._arrivals.get(ask.key, 0.0), now), now)
        keys = (ask.key for ask in taken.asks if ask.limit.unit == quotas.PLACES)
        for key, place in zip(keys, taken.places, strict=True):
            held = self._places.get(key)
            if held is not None:
                held.pop(place, None)
                if not held:
                    del self._places[key]

    def _taken(self, key: tuple[str, str], now: float) -> int:
        held = self._places.get(key)
        if held is None:
            return 0
        for place in [place for place, ends in held.items() if ends <= now]:
            del held[place]
        return len(held)

    def _keep(self, key: tuple[str, str], arrival: float, now: float) -> None:
        arrivals = self._arrivals
        if key not in arrivals and len(arrivals) >= self._count_max:
            self._arrivals = arrivals = {name: kept for name, kept in arrivals.items() if kept > now}
            while len(arrivals) >= self._count_max:
                del arrivals[next(iter(arrivals))]
        arrivals[key] = arrival
