"""Calls and failures over the last seconds, in ten slots: bounded however many calls there are."""

from __future__ import annotations

from typing import NamedTuple

SLOTS = 10


class Slot(NamedTuple):
    """The calls of one slot; `number` is its time divided by its width."""

    number: int
    calls: int
    failures: int


Window = tuple[Slot, ...]
"""Slots, oldest first."""
EMPTY: Window = ()


def count(window: Window, window_s: float, now: float, *, failed: bool) -> Window:
    """The window with one more call."""
    number = int(now / window_s * SLOTS)
    if window and window[-1].number == number:
        last = window[-1]
        return (*window[:-1], Slot(number, last.calls + 1, last.failures + failed))
    return (*(slot for slot in window if slot.number > number - SLOTS), Slot(number, 1, int(failed)))


def totals(window: Window, window_s: float, now: float) -> tuple[int, int]:
    """Calls and failures of the last `window_s`, up to a tenth of it more or less."""
    oldest = int(now / window_s * SLOTS) - SLOTS
    calls = failures = 0
    for slot in window:
        if slot.number > oldest:
            calls += slot.calls
            failures += slot.failures
    return calls, failures
