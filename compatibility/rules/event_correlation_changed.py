"""Another place of a message tells which request it belongs to: requests and replies no longer meet."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.layers import said
from specs.asyncapi import Message

MIRROR = "itself: it is judged the same way in both directions"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for flow, before, after in exchanges(match):
            for one, two in message_pairs(before, after):
                if one is None or two is None:
                    continue
                former, now = location(one), location(two)
                if former is not None and former != now:
                    yield draft(
                        "event-correlation-changed",
                        match.label,
                        (one.node, two.node),
                        f"{match.label}: message {one.name} is now correlated by "
                        f"{now or 'nothing'}, before by {former}",
                        f"Keep {former}, {NEW_MAJOR}",
                        ("correlation", former, now),
                        direction=flow,
                    )


def location(message: Message) -> str | None:
    written = said(message.node, "correlationId")
    found = written.resolved().value if written is not None else None
    return str(found["location"]) if isinstance(found, dict) and "location" in found else None
