"""A text in a response may no longer match the pattern that was promised."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-pattern-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("pattern", "format")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may no longer match "
            f"`{pair.target.pattern or pair.target.format}`",
            "Stay within what was promised, or publish a new major version.",
        )
