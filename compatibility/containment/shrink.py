"""Makes a witness small: fewer members and items, shorter strings, smaller numbers, as long as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

NAMES = ("a", "b", "x")
HALVED_MIN = 4
"""From so many members or items on, half of them are tried to be dropped at once."""


def shrunk(value: Any, stands: Callable[[Any], bool], steps_max: int) -> Any:
    """The smallest value reached greedily; deterministic, `stands` is asked at most `steps_max` times."""
    left = steps_max
    again = True
    while again and left > 0:
        again = False
        for smaller in simpler(value):
            left -= 1
            if left < 0:
                break
            if stands(smaller):
                value, again = smaller, True
                break
    return value


def simpler(value: Any) -> Iterator[Any]:
    """Smaller values, each of them less than the value in size; the boldest first.

    One is as large and easier to read: that where a member without a name has one.
    """
    if isinstance(value, dict):
        for given in NAMES if "" in value else ():
            if given not in value:
                yield {name or given: member for name, member in value.items()}
        for names in subsets(list(value)):
            yield {name: value[name] for name in names}
        for name, member in value.items():
            for smaller in simpler(member):
                yield {**value, name: smaller}
    elif isinstance(value, list):
        for indexes in subsets(list(range(len(value)))):
            yield [value[index] for index in indexes]
        for index, item in enumerate(value):
            for smaller in simpler(item):
                yield [*value[:index], smaller, *value[index + 1 :]]
    elif isinstance(value, str):
        yield from shorter(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from lesser(value)


def subsets(names: list[Any]) -> Iterator[list[Any]]:
    """Nothing, then either half, then all but one."""
    if len(names) > 1:
        yield []
    if len(names) >= HALVED_MIN:
        middle = len(names) // 2
        yield names[middle:]
        yield names[:middle]
    for place in range(len(names)):
        yield names[:place] + names[place + 1 :]


def shorter(text: str) -> Iterator[str]:
    if len(text) > 1:
        yield ""
    if len(text) > HALVED_MIN:
        yield text[: len(text) // 2]
    if text:
        yield text[:-1]


def lesser(number: float) -> Iterator[float]:
    """Numbers with fewer digits, towards nought."""
    digits = len(repr(number))
    whole = int(number)
    for smaller in (0, 1, -1, whole, int(whole / 10) if abs(whole) < 1 << 60 else whole // 10**9):
        if len(repr(smaller)) < digits or (smaller == 0 and number != 0 and digits == 1):
            yield smaller
