"""Throttling state of one process: a bounded table of arrival times, the fullest buckets forgotten first.

A bucket whose arrival time has passed is full again and worth nothing to remember, so sweeping those loses no
decision. Only when all are in use is the oldest one given up, which can only be in its caller's favor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class BucketTable:
    """Arrival times by (consumer, throttling class)."""

    __slots__ = ("_arrivals", "_count_max")

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._arrivals: dict[tuple[str, str], float] = {}

    def __len__(self) -> int:
        return len(self._arrivals)

    def update(self, key: tuple[str, str], now: float, decide: Callable[[float], tuple[T, float]]) -> T:
        """What `decide` makes of the arrival time kept for `key`; the time it gives is kept in its place."""
        arrival = self._arrivals.get(key, 0.0)
        decided, later = decide(arrival)
        if later != arrival:
            self._keep(key, later, now)
        return decided

    def _keep(self, key: tuple[str, str], arrival: float, now: float) -> None:
        arrivals = self._arrivals
        if key not in arrivals and len(arrivals) >= self._count_max:
            self._arrivals = arrivals = {name: kept for name, kept in arrivals.items() if kept > now}
            while len(arrivals) >= self._count_max:
                del arrivals[next(iter(arrivals))]
        arrivals[key] = arrival
