"""A reply that a requester waits for is no longer sent."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-reply-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        former, now = (one.node.child("reply") for one in (match.before, match.after))
        lost = match.before.reply_messages and not match.after.reply_messages
        if former is not None and (now is None or lost):
            yield draft(
                "event-reply-removed",
                match.label,
                (former, match.after.node),
                f"{match.label} no longer has a reply; whoever waits for one gets nothing",
                f"Keep the reply, {NEW_MAJOR}",
                ("reply",),
                direction="produced" if match.flow == "consumed" else "consumed",
            )
