"""New optional members that requests may carry: callers may go on as before."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge
from compatibility.removed_members import added, named_together

MIRROR = "response-member-added"
FLOW = "consumed"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    required = pair.after.value.get("required", []) if isinstance(pair.after.value, dict) else []
    names = [name for name in added(pair) if name not in required]
    if names:
        yield draft(
            "request-member-added",
            pair.surface.operation,
            (pair.before, pair.after.child("properties", names[0])),
            f"{pair.surface.operation} takes {'a ' if len(names) == 1 else ''}new optional "
            f"{named_together(pair, names)} in the "
            f"{pair.surface.where}",
            f"Nothing to do; to require one later is {NEW_MAJOR.removeprefix('or publish ')}",
            ("member added", *names),
            level="info",
        )
