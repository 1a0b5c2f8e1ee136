"""A number in a response may now lie outside of its former bounds or steps."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.bounds_wording import numbers
from compatibility.changes import Edit, SchemaPair

MIRROR = "request-range-narrowed"
FLOW = "produced"


def edits(pair: SchemaPair) -> Iterator[Edit]:
    variant = pair.taking("lower", "upper", "multiple_of")
    if variant is not None:
        yield Edit(
            variant,
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} may now be "
            f"{numbers(pair.source)}, before {numbers(pair.target)}",
            "Stay within what was promised, or publish a new major version.",
        )
