"""One place that a path of a ruleset names."""

from __future__ import annotations

from dataclasses import dataclass

from specs.model import Node


@dataclass(frozen=True, slots=True)
class Match:
    """``written`` is where the text has it, ``node`` where its reference leads; the root has no name."""

    written: Node
    node: Node
    name: str | int | None
    parent: Match | None
