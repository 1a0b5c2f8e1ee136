"""A text in a request must match a pattern that not every former text matches."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "response-pattern-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("pattern", "format")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} must now match "
            f"`{pair.target.pattern or pair.target.format}`, before "
            + (
                f"`{pair.source.pattern or pair.source.format}`"
                if pair.source.pattern or pair.source.format
                else "any text was fine"
            ),
            "Keep what was accepted, or publish a new major version.",
        )
