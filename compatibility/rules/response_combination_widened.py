"""The alternatives a response may take (allOf, anyOf, oneOf, not, if) admit more than was promised."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Edit, SchemaPair

MIRROR = "request-combination-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("all_of", "any_of", "one_of", "not_", "if_", "then", "else_")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now take "
            "alternatives that were not promised",
            "Stay within what was promised, or publish a new major version.",
        )
