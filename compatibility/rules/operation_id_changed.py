"""The `operationId` of an operation changed: no call differs; generated clients name their methods by it.

In AsyncAPI 3 it is the key of the operation."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match

MIRROR = "itself: a name that changes back is a change too"
PROMISE = "sdk"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if match.before is None or match.after is None:
            continue
        before, after = (
            (match.before.operation, match.after.operation)
            if isinstance(match, Match)
            else (match.before, match.after)
        )
        former, now = before.operation_id, after.operation_id
        if former and former != now:
            yield draft(
                "operation-id-changed",
                match.label,
                (before.node, after.node),
                f"{match.label}: the operationId `{former}` is now " + (f"`{now}`" if now else "not given"),
                f"Keep the operationId, {NEW_MAJOR}",
                ("operationId", former, now),
                direction="none",
            )
