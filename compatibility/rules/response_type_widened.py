"""A value of a response may now have a JSON type that was not promised."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import kinds
from compatibility.changes import Edit, SchemaPair

MIRROR = "request-type-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("types", "integer")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now be "
            f"{kinds(pair.source)}, before {kinds(pair.target)}",
            "Stay within what was promised, or publish a new major version.",
        )
