"""A number in a request has tighter bounds or a coarser step."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import numbers
from compatibility.changes import Edit, SchemaPair

MIRROR = "response-range-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("lower", "upper", "multiple_of")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} must now be "
            f"{numbers(pair.target)}, before {numbers(pair.source)}",
            "Keep what was accepted, or publish a new major version.",
        )
