"""An operation is deprecated: it still works, and consumers should plan to leave it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match

MIRROR = "there is none: to take a deprecation back breaks nobody"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, Match) or match.before is None or match.after is None:
            continue
        if match.after.operation.deprecated and not match.before.operation.deprecated:
            sunset = match.after.operation.node.value.get("x-sunset")
            until = f", until {sunset}" if sunset else ""
            yield draft(
                "operation-deprecated",
                match.label,
                (match.before.operation.node, match.after.operation.node),
                f"{match.label} is now deprecated{until}",
                f"Name a successor; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
                ("deprecated",),
                level="info",
                direction="none",
            )
