"""Calls per day as stacked bars: the busiest consumers each with a shade, the others together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from registry.model import DailyUsage
from registry.web.portal.drawings.graph import short_number

WIDTH, HEIGHT = 760, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 12, 26
SERIES_MAX = 5
OTHERS = "all others"
LABEL_EVERY_DAYS = 7
STEPS = (1, 2, 2.5, 5, 10)
"""Round distances of the lines of the scale, times a power of ten."""


@dataclass(frozen=True, slots=True)
class Series:
    """A consumer's shade (its number) with the calls of all days."""

    name: str
    shade: int
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Bar:
    """The calls of one consumer on one day."""

    x: float
    y: float
    width: float
    height: float
    shade: int
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale or a day below it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day for the table: all calls and errors."""

    day: date
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class UsageDrawing:
    """The bars with their scale, the shades, and the same as rows."""

    width: int
    height: int
    left: int
    right: int
    base: int
    bars: tuple[Bar, ...]
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    series: tuple[Series, ...]
    rows: tuple[DayRow, ...]


def draw_usage(usage: Sequence[DailyUsage], today: date, days: int) -> UsageDrawing | None:
    """The last ``days`` days; None when nothing was counted in them."""
    first = today - timedelta(days=days - 1)
    usage = [one for one in usage if first <= one.day <= today]
    if not usage:
        return None
    series = series_of(usage)
    shades = {one.name: one.shade for one in series}
    stacks: dict[date, dict[int, int]] = {}
    for one in usage:
        shade = shades.get(one.consumer, SERIES_MAX)
        stack = stacks.setdefault(one.day, {})
        stack[shade] = stack.get(shade, 0) + one.calls
    step = level_step(max(sum(stack.values()) for stack in stacks.values()))
    top = step * max(1, math.ceil(max(sum(stack.values()) for stack in stacks.values()) / step))
    base, slot = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / days
    names = {one.shade: one.name for one in series}
    bars = []
    for day, stack in sorted(stacks.items()):
        y, x = float(base), LEFT + slot * ((day - first).days + 0.14)
        for shade, calls in sorted(stack.items()):
            tall = (base - TOP) * calls / top
            y -= tall
            label = f"{day:%Y-%m-%d}, {names[shade]}: {calls:,} calls"
            bars.append(Bar(round(x, 1), round(y, 1), round(slot * 0.72, 1), round(tall, 1), shade, label))
    marks = [
        Mark(round(LEFT + slot * (offset + 0.5), 1), f"{first + timedelta(days=offset):%d %b}")
        for offset in range((days - 1) % LABEL_EVERY_DAYS, days, LABEL_EVERY_DAYS)
    ]
    levels = [
        Mark(round(base - (base - TOP) * value / top, 1), short_number(value))
        for value in range(0, top + 1, step)
    ]
    return UsageDrawing(
        WIDTH, HEIGHT, LEFT, WIDTH - RIGHT, base, tuple(bars), tuple(levels), tuple(marks), series,
        tuple(rows_of(usage)),
    )  # fmt: skip


def series_of(usage: Sequence[DailyUsage]) -> tuple[Series, ...]:
    """The busiest consumers, then all others as one."""
    calls: dict[str, int] = {}
    errors: dict[str, int] = {}
    for one in usage:
        calls[one.consumer] = calls.get(one.consumer, 0) + one.calls
        errors[one.consumer] = errors.get(one.consumer, 0) + one.errors
    names = sorted(calls, key=lambda name: (-calls[name], name))
    shown = [Series(name, at, calls[name], errors[name]) for at, name in enumerate(names[:SERIES_MAX])]
    rest = names[SERIES_MAX:]
    if rest:
        shown.append(
            Series(OTHERS, SERIES_MAX, sum(calls[name] for name in rest), sum(errors[name] for name in rest))
        )
    return tuple(shown)


def level_step(most: int) -> int:
    """A round distance that gives three to six lines."""
    rough = max(1.0, most / 5)
    unit = 10.0 ** math.floor(math.log10(rough))
    return max(1, math.ceil(next(one * unit for one in STEPS if one * unit >= rough)))


def rows_of(usage: Sequence[DailyUsage]) -> list[DayRow]:
    """The days that have calls, the newest first."""
    found: dict[date, tuple[int, int]] = {}
    for one in usage:
        calls, errors = found.get(one.day, (0, 0))
        found[one.day] = calls + one.calls, errors + one.errors
    return [DayRow(day, *found[day]) for day in sorted(found, reverse=True)]
