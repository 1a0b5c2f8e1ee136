"""Drafts of findings that need no schema: the places and the words they share."""

from __future__ import annotations

from typing import Any

from compatibility.changes import Draft
from compatibility.config import Level, Promise
from compatibility.model import Direction, Witness
from compatibility.places import place_of
from specs.model import Node

NEW_MAJOR = "or publish a new major version."


def draft(
    rule: str,
    operation: str | None,
    places: tuple[Node | None, Node | None],
    message: str,
    fix: str,
    delta: tuple[Any, ...],
    *,
    level: Level = "breaking",
    direction: Direction = "consumed",
    every_request: bool = False,
    witness: Witness | None = None,
    promise: Promise | None = None,
    where: str = "",
    members: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
) -> Draft:
    """A draft at (place before, place after); either may be missing. `promise` is by default the rule's."""
    return Draft(
        rule=rule,
        level=level,
        direction=direction,
        operation=operation,
        before=place_of(places[0]),
        after=place_of(places[1]),
        message=message,
        fix=fix,
        delta=delta,
        every_request=every_request,
        witness=witness,
        promise=promise,
        origin=places[0] or places[1],
        where=where,
        members=members,
        missing=missing,
    )
