"""A message is gone from an operation.

What an application receives it must go on receiving: breaking. What it sends it may send less of, but the
consumers of that message starve, so the default is breaking too (policy `event_message_removed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-message-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for flow, before, after in exchanges(match):
            if flow != match.flow and not after:
                continue  # the reply is gone, and event-reply-removed says so
            for one, two in message_pairs(before, after):
                if one is None or two is not None:
                    continue
                yield draft(
                    "event-message-removed",
                    match.label,
                    (one.node, match.after.node),
                    f"{match.label}: message {one.name} is no longer "
                    + ("received" if flow == "consumed" else "sent; its consumers starve"),
                    f"Keep {one.name}, {NEW_MAJOR}",
                    ("message", one.name, one.event_type),
                    level="breaking" if flow == "consumed" else change.policy.event_message_removed,
                    direction=flow,
                )
