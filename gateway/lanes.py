"""Who waits for a place, by urgency: the throttling class of what is called decides, T1 before T4.

Within a lane it is first come, first served. Where no more may wait, who came last in the least urgent lane
gives way to someone more urgent.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")
LANES = {"T1": 0, "T2": 1, "T3": 2, "T4": 3}
LANE = LANES["T2"]
"""Where a class stands that is none of these."""


def lane_of(throttling_class: str) -> int:
    """0 is the most urgent."""
    return LANES.get(throttling_class, LANE)


class Lanes(Generic[T]):
    """Those who wait, at most `waiting_max` in all."""

    __slots__ = ("_count", "_lanes", "_waiting_max")

    def __init__(self, waiting_max: int) -> None:
        self._waiting_max = waiting_max
        self._count = 0
        self._lanes: tuple[deque[T], ...] = tuple(deque() for _ in LANES)

    def __len__(self) -> int:
        return self._count

    def add(self, lane: int, one: T) -> tuple[bool, T | None]:
        """Whether it may wait, and who does no longer because of it."""
        displaced = None
        if self._count >= self._waiting_max:
            below = next((lane for lane in reversed(self._lanes[lane + 1 :]) if lane), None)
            if below is None:
                return False, None
            displaced = below.pop()
            self._count -= 1
        self._lanes[lane].append(one)
        self._count += 1
        return True, displaced

    def pop(self) -> T | None:
        """Whose turn it is; None when nobody waits."""
        for lane in self._lanes:
            if lane:
                self._count -= 1
                return lane.popleft()
        return None

    def remove(self, lane: int, one: T) -> bool:
        """Whether it was waiting."""
        try:
            self._lanes[lane].remove(one)
        except ValueError:
            return False
        self._count -= 1
        return True
