"""A reply goes elsewhere: to another address, or to one that is told in another place of the request.

Whoever waits for it at the former address gets nothing."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import TEMPLATE, EventMatch
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from specs.model import Node

MIRROR = "itself: it is judged the same way in both directions"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        one, two = (operation.node.child("reply") for operation in (match.before, match.after))
        if one is None or two is None:
            continue
        one, two = one.resolved(), two.resolved()
        for what, where in (("address", address), ("place of its address", location)):
            former, now = where(one), where(two)
            if former is not None and former != now:
                yield draft(
                    "event-reply-changed",
                    match.label,
                    (one, two),
                    f"{match.label}: the {what} of the reply is now {now or 'not told'}, before {former}",
                    f"Keep {former}, {NEW_MAJOR}",
                    ("reply", what, former, now),
                    direction="both",
                )


def address(reply: Node) -> str | None:
    channel = reply.child("channel")
    found = channel.resolved().value.get("address") if channel is not None else None
    return TEMPLATE.sub("{}", found) if isinstance(found, str) else None


def location(reply: Node) -> str | None:
    written = reply.child("address")
    found = written.resolved().value.get("location") if written is not None else None
    return found if isinstance(found, str) else None
