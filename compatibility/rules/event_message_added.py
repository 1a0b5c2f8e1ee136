"""A message that was not promised.

A subscriber meets a message it does not know, as with a new branch of a `oneOf` in a response: breaking when
it is sent (policy `event_message_added`). When it is received, senders may go on as before: noted."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-message-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for flow, before, after in exchanges(match):
            for one, two in message_pairs(before, after):
                if two is None or one is not None or not before:
                    continue
                yield draft(
                    "event-message-added",
                    match.label,
                    (match.before.node, two.node),
                    f"{match.label}: message {two.name} is new"
                    + ("" if flow == "consumed" else "; a subscriber may not know what to do with it"),
                    f"Send it to an address of its own, {NEW_MAJOR}",
                    ("message", two.name, two.event_type),
                    level="info" if flow == "consumed" else change.policy.event_message_added,
                    direction=flow,
                )
