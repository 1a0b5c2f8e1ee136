"""A channel, event operation or message is deprecated: it still works; consumers should plan to leave it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, channel_of, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.layers import said
from specs.model import Node

MIRROR = "there is none: to take a deprecation back breaks nobody"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for what, one, two in parts(match):
            if deprecated(two) and not deprecated(one):
                yield draft(
                    "event-deprecated",
                    match.label,
                    (one, two),
                    f"{match.label}: {what} is now deprecated",
                    f"Name what replaces it; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
                    ("deprecated", what),
                    level="info",
                    direction="none",
                )


def parts(match: EventMatch) -> Iterator[tuple[str, Node, Node]]:
    """Channel, operation and messages that both sides have, and what they are called."""
    assert match.before is not None
    assert match.after is not None
    channels = channel_of(match.before), channel_of(match.after)
    if channels[0] is not None and channels[1] is not None:
        yield "the channel", channels[0], channels[1]
    yield "the operation", match.before.node, match.after.node
    for _, before, after in exchanges(match):
        for one, two in message_pairs(before, after):
            if one is not None and two is not None:
                yield f"message {one.name}", one.node, two.node


def deprecated(node: Node) -> bool:
    found = said(node, "deprecated")
    return found is not None and found.value is True
