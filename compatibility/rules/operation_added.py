"""A new operation: nobody depends on it yet, so it breaks nobody; it asks for a new minor version."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match

MIRROR = "operation-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if isinstance(match, Match) and match.before is None and match.after is not None:
            yield draft(
                "operation-added",
                match.label,
                (None, match.after.operation.node),
                f"{match.label} is new",
                f"Nothing to do beyond a new minor version, instead of "
                f"{NEW_MAJOR.removeprefix('or publish ')}",
                ("operation", match.after.shape, match.after.operation.method),
                level="info",
                direction="none",
            )
