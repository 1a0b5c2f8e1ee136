"""An operation has a reply that it did not have: a requester that waits for none ignores it.

What is sent by us and now expects a reply asks something new of its receivers, who may not answer: noted too,
because every message stays what it was."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-reply-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        former, now = (one.node.child("reply") for one in (match.before, match.after))
        if former is None and now is not None:
            yield draft(
                "event-reply-added",
                match.label,
                (match.before.node, now),
                f"{match.label} now has a reply",
                f"Nothing to do; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
                ("reply",),
                level="info",
                direction="produced" if match.flow == "consumed" else "consumed",
            )
