"""A status that callers could meet is gone.

When all success statuses are gone, or one gave way to another, callers that wait for it fail: breaking. A
status that is merely no longer used narrows what is sent: noted (policy `success_status_removed`). For
webhooks and callbacks the statuses are what the subscriber may answer, so losing one is breaking.

A status that a range or `default` still tells of is not gone: it may be answered, and is then what these say.
So its former schema, headers and media types are compared with theirs."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import lookup, successful
from compatibility.openapi_matching import Match
from specs.openapi import Operation

MIRROR = "response-status-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, Match) or match.before is None or match.after is None:
            continue
        before, after = match.before.operation, match.after.operation
        for one in before.responses:
            if lookup(one.status, after.responses) is not None:
                continue
            called = match.role == "called"
            breaks = called or (successful(one.status) and replaced(before, after))
            yield draft(
                "response-status-removed",
                match.label,
                (one.node, after.node),
                f"{match.label}: a subscriber may no longer answer {one.status}"
                if called
                else f"{match.label} no longer answers {one.status}",
                f"Keep {one.status}, {NEW_MAJOR}",
                ("status", one.status),
                level="breaking" if breaks else change.policy.success_status_removed,
                direction="consumed" if called else "produced",
            )


def replaced(before: Operation, after: Operation) -> bool:
    """Whether another success status came instead, or none is left."""
    now = [one.status for one in after.responses if successful(one.status)]
    return not now or any(lookup(status, before.responses) is None for status in now)
