"""A list in a request must have more, fewer or only different items."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import listed_items
from compatibility.changes import Edit, SchemaPair

MIRROR = "response-item-count-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("min_items", "max_items", "unique")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} must now have "
            f"{listed_items(pair.target)}, before {listed_items(pair.source)}",
            "Keep what was accepted, or publish a new major version.",
        )
