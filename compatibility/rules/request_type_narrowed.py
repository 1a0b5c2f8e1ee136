"""A value of a request may no longer have a JSON type that was fine."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import kinds
from compatibility.changes import Edit, SchemaPair

MIRROR = "response-type-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("types", "integer")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} must now be "
            f"{kinds(pair.target)}, before {kinds(pair.source)}",
            "Keep what was accepted, or publish a new major version.",
        )
