"""A list in a response may have more, fewer or repeated items."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import listed_items
from compatibility.changes import Edit, SchemaPair

MIRROR = "request-item-count-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("min_items", "max_items", "unique")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now have "
            f"{listed_items(pair.source)}, before {listed_items(pair.target)}",
            "Stay within what was promised, or publish a new major version.",
        )
