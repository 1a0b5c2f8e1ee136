"""Throttling state of one process: a bounded table of arrival times, the fullest buckets forgotten first.

A bucket whose arrival time has passed is full again and worth nothing to remember, so sweeping those loses no
decision. Only when all are in use is the oldest one given up, which can only be in its caller's favor.
"""

from __future__ import annotations


class BucketTable:
    """Arrival times by (consumer, throttling class)."""

    __slots__ = ("_arrivals", "_count_max")

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._arrivals: dict[tuple[str, str], float] = {}

    def __len__(self) -> int:
        return len(self._arrivals)

    def read(self, key: tuple[str, str]) -> float:
        """The arrival time kept for `key`; 0 for a full bucket."""
        return self._arrivals.get(key, 0.0)

    def write(self, key: tuple[str, str], arrival: float, now: float) -> None:
        """Keeps the arrival time; sweeps when the table is at its bound."""
        arrivals = self._arrivals
        if key not in arrivals and len(arrivals) >= self._count_max:
            self._arrivals = arrivals = {name: kept for name, kept in arrivals.items() if kept > now}
            while len(arrivals) >= self._count_max:
                del arrivals[next(iter(arrivals))]
        arrivals[key] = arrival
