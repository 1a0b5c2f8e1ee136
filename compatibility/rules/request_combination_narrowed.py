"""The alternatives a request may take (allOf, anyOf, oneOf, not, if) admit less than before."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "response-combination-widened"
FLOW = "consumed"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("all_of", "any_of", "one_of", "not_", "if_", "then", "else_")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} admits fewer "
            "alternatives than before",
            "Keep what was accepted, or publish a new major version.",
        )
