"""Which path templates can be told apart: one rule for the lint that warns and the gateway that refuses.

OpenAPI 3.1 section 4.8.8.2 leaves it to each tool which of ``/a/{b}`` and ``/a/{c}``, or of ``/{a}/x`` and
``/y/{b}``, answers. Here two templates that match one path are told apart when one of them is at least as
literal as the other in every segment, and more literal in one; a parameter stands for one character or more.
"""

from __future__ import annotations

import re

PARAMETER = re.compile(r"\{([^{}/]+)\}")
_SIDE_BY_SIDE = re.compile(r"\{[^{}/]+\}\{[^{}/]+\}")
LITERAL, MIXED, WHOLE = 0, 1, 2
"""How much of a segment is parameter; the lower one is the more specific."""


def rank(segment: str) -> int:
    """``LITERAL``, ``MIXED`` (text around parameters) or ``WHOLE`` (a parameter alone)."""
    if PARAMETER.search(segment) is None:
        return LITERAL
    return WHOLE if PARAMETER.fullmatch(segment) else MIXED


def shape(segment: str) -> str:
    """The segment without its parameters' names: equal shapes match the same texts."""
    return PARAMETER.sub("{}", segment)


def literals(segment: str) -> list[str]:
    """The texts before, between and after the parameters, empty ones included."""
    return PARAMETER.split(segment)[::2]


def pattern(segment: str) -> re.Pattern[str]:
    """Matches the texts of a segment, each parameter a group."""
    return re.compile("([^/]+?)".join(map(re.escape, literals(segment))), re.DOTALL)


def stand_side_by_side(template: str) -> bool:
    """Whether nothing stands between two parameters, so that where one ends cannot be told."""
    return _SIDE_BY_SIDE.search(template) is not None


def are_ambiguous(one: str, other: str) -> bool:
    """Whether some path matches both templates and neither is the more specific one."""
    left, right = one.split("/"), other.split("/")
    if len(left) != len(right):
        return False
    one_wins = other_wins = False
    for mine, yours in zip(left, right, strict=True):
        if shape(mine) == shape(yours):
            continue
        if not _overlap(mine, yours):
            return False
        one_wins |= rank(mine) <= rank(yours)
        other_wins |= rank(yours) <= rank(mine)
    return one_wins == other_wins


def _overlap(one: str, other: str) -> bool:
    """Whether some text matches both segments.

    Of two with parameters the ends decide: what stands between them in the one can always stand in a
    parameter of the other.
    """
    if rank(other) == LITERAL:
        one, other = other, one
    if rank(other) == LITERAL:
        return one == other
    if rank(one) == LITERAL:
        return pattern(other).fullmatch(one) is not None
    left, right = literals(one), literals(other)
    starts = left[0].startswith(right[0]) or right[0].startswith(left[0])
    ends = left[-1].endswith(right[-1]) or right[-1].endswith(left[-1])
    return starts and ends
