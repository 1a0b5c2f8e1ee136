"""A member is deprecated: it still works, and consumers should plan to do without it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import Draft, SchemaPair
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.judging import Judge

MIRROR = "there is none: to take a deprecation back breaks nobody"
FLOW = "both"


def observe(pair: SchemaPair, _: Judge) -> Iterator[Draft]:
    if deprecated(pair.after.value) and not deprecated(pair.before.value):
        yield draft(
            "member-deprecated",
            pair.surface.operation,
            (pair.before, pair.after),
            f"{pair.surface.operation}: {pair.member} in the {pair.surface.where} is now deprecated",
            f"Name what replaces it; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
            ("member deprecated",),
            level="info",
            direction=pair.flow,
        )


def deprecated(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("deprecated") is True
