"""New members in an open response: readers that do not know them ignore them; a minor version is due."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.removed_members import added, named_together

MIRROR = "request-member-added"
FLOW = "produced"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    names = added(pair)
    if names:
        yield draft(
            "response-member-added",
            pair.surface.operation,
            (pair.before, pair.after.child("properties", names[0])),
            f"{pair.surface.operation}: the {pair.surface.where} may now carry {named_together(pair, names)}",
            f"Nothing to do; removing one later is {NEW_MAJOR.removeprefix('or publish ')}",
            ("member added", *names),
            level="info",
            direction="produced",
        )
