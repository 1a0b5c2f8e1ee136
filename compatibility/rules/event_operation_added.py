"""A new event operation: nobody depends on it yet."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-operation-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if isinstance(match, EventMatch) and match.before is None and match.after is not None:
            yield draft(
                "event-operation-added",
                match.label,
                (None, match.after.node),
                f"{match.label} is new",
                f"Nothing to do; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
                ("event operation", match.after.action, match.after.address),
                level="info",
                direction="none",
            )
