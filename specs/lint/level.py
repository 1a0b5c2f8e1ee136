"""The levels of a scorecard, each with what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Level = Literal["baseline", "bronze", "silver", "gold"]
LEVELS: tuple[Level, ...] = get_args(Level)
PROMISES: Mapping[Level, str] = {
    "baseline": "It can be owned, routed, secured and enforced.",
    "bronze": "It is described, spelled and typed like all others, and its errors are of one shape.",
    "silver": "It can grow and be called again without breaking anybody: money, lists, enumerations, writes.",
    "gold": "It can be learnt from: its examples hold, and nothing in it is dead.",
}
