"""The items of a list in a request are restricted in a new way."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "response-items-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("items", "prefix", "contains", "min_contains", "max_contains", "unevaluated_items")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} restricts its "
            "items in a new way",
            "Keep what was accepted, or publish a new major version.",
        )
