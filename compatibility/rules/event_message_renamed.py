"""A message has another name and the same content: what crosses the wire is the same.

Generated code names a type by it, and readers that dispatch on the name must learn the new one."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "itself: a name that changes back is a change too"
PROMISE = "sdk"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for flow, before, after in exchanges(match):
            for one, two in message_pairs(before, after):
                if one is None or two is None or one.name == two.name:
                    continue
                yield draft(
                    "event-message-renamed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label}: message {one.name} is now called {two.name}",
                    f"Keep the name {one.name}, {NEW_MAJOR}",
                    ("message name", one.name, two.name),
                    direction=flow,
                )
