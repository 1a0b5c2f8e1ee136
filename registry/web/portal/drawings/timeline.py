"""Major versions that end along a line of months, with today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from registry.usecases.ending import Ending

MONTHS_BEFORE, MONTHS_AFTER = 3, 15
WIDTH, LEFT, RIGHT = 960, 232, 12
TOP, ROW = 48, 40
LABEL_CHARS_MAX = 30


@dataclass(frozen=True, slots=True)
class Month:
    """Where a month begins; ``year`` at the first one and at each January."""

    x: float
    label: str
    year: str


@dataclass(frozen=True, slots=True)
class Span:
    """From deprecation to sunset; ``is_open`` when no end is set or it lies beyond the months drawn."""

    ending: Ending
    y: int
    x: float
    width: float
    label: str
    tone: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing with its size."""

    width: int
    height: int
    left: int
    months: tuple[Month, ...]
    spans: tuple[Span, ...]
    today_x: float


def draw_timeline(ending: Sequence[Ending], now: datetime) -> Timeline:
    """Three months back and fifteen ahead; what lies outside is cut off at the edge."""
    first = shifted(now.date().replace(day=1), -MONTHS_BEFORE)
    last = shifted(first, MONTHS_BEFORE + MONTHS_AFTER)
    scale = (WIDTH - LEFT - RIGHT) / (last - first).days

    def at(day: date) -> float:
        return round(LEFT + scale * (min(max(day, first), last) - first).days, 1)

    months = []
    for offset in range(MONTHS_BEFORE + MONTHS_AFTER):
        month = shifted(first, offset)
        year = f"{month:%Y}" if offset == 0 or month.month == 1 else ""
        months.append(Month(at(month), f"{month:%b}", year))
    spans = []
    for position, one in enumerate(ending):
        life = one.lifecycle
        start = at(life.deprecated_at.date()) if life.deprecated_at else float(LEFT)
        end = at(life.sunset_at.date()) if life.sunset_at else float(WIDTH - RIGHT)
        name = f"{one.contract.name} v{one.number.major}"
        label = name if len(name) <= LABEL_CHARS_MAX else name[: LABEL_CHARS_MAX - 1] + "…"
        is_open = life.sunset_at is None or life.sunset_at.date() > last
        spans.append(
            Span(one, TOP + position * ROW, start, max(4.0, end - start), label, tone_of(one), is_open)
        )
    height = TOP + len(spans) * ROW + 8
    return Timeline(WIDTH, height, LEFT, tuple(months), tuple(spans), at(now.date()))


def tone_of(one: Ending) -> str:
    """``late`` when it is over and still called, ``soon`` within 30 days, ``calm`` otherwise."""
    if one.days_left is None or one.days_left > 30:
        return "calm"
    return "late" if one.days_left < 0 and one.callers else "soon"


def shifted(month: date, months: int) -> date:
    """The first of a month, so many months later."""
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
