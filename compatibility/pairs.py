"""Pairs of places on the walk through two schemas: how each was reached, and what it turned out to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from compatibility.changes import Draft
from compatibility.judging import Flow
from compatibility.model import Witness
from compatibility.partners import Child

PairKey = tuple[Flow, str, str, str, str]
"""Direction, document and pointer before, document and pointer after."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A draft at a pair, and the writer's schema with this one change; None when it is no edit."""

    draft: Draft
    variant: int | None = None


@dataclass(slots=True)
class Found:
    """What one pair turned out to be; `below` says that its failure is its children's."""

    causes: list[Cause] = field(default_factory=list)
    children: list[tuple[Child, PairKey]] = field(default_factory=list)
    below: bool = False
    has_alternatives: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """How a pair was reached; `anchor` is the nearest place above it that stands in no alternative.

    `path` is for people; `way` also tells which alternatives it goes through.
    """

    path: str = ""
    parent: PairKey | None = None
    child: Child | None = None
    anchor: PairKey | None = None
    way: str = ""


def first_step(key: PairKey, spots: Mapping[PairKey, Spot]) -> Child:
    """The child of the anchor that a pair in alternatives was reached by."""
    spot, anchor = spots[key], spots[key].anchor
    while spot.parent != anchor and spot.parent is not None:
        spot = spots[spot.parent]
    assert spot.child is not None
    return spot.child


def joined(path: str, step: str) -> str:
    if not step:
        return path
    return step.lstrip(".") if not path else path + step


def speaking(witness: Witness | None, own: Witness | None) -> Witness | None:
    """The witness of a whole place with what is said of the part of it that the edit is about."""
    if witness is None or own is None or not holds(witness.value, own.value):
        return witness
    return replace(witness, error=own.error)


def holds(value: Any, part: Any) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value == part or any(holds(one, part) for one in inside)
