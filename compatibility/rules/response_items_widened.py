"""The items of a list in a response are freer than was promised."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-items-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("items", "prefix", "contains", "min_contains", "max_contains", "unevaluated_items")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now hold "
            "items that were not promised",
            "Stay within what was promised, or publish a new major version.",
        )
