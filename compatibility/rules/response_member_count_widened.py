"""An object in a response may have more or fewer members than promised, or lack those that went together."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-member-count-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("min_properties", "max_properties", "dependent_required", "dependent_schemas")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now have "
            "numbers or combinations of members that were not promised",
            "Stay within what was promised, or publish a new major version.",
        )
