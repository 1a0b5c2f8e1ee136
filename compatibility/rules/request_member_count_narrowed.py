"""An object in a request must have more or fewer members, or members that go together."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "response-member-count-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("min_properties", "max_properties", "dependent_required", "dependent_schemas")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} restricts which "
            "members go together or how many there are",
            "Keep what was accepted, or publish a new major version.",
        )
