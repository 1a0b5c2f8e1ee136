"""The bytes of a message are in another format, or its schema is in another language."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs, schema_language
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.layers import said
from compatibility.media_types import normal
from compatibility.model import Direction
from specs.asyncapi import Message

Written = tuple[str, str]
"""The media type of a message and the language of its schema."""
MIRROR = "itself: it is judged the same way in both directions"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        for flow, before, after in exchanges(match):
            for one, two in message_pairs(before, after):
                if one is None or two is None:
                    continue
                former = normal(one.content_type), schema_language(one)
                now = normal(two.content_type), schema_language(two)
                if former != now:
                    yield changed(match.label, flow, (one, two), (former, now))


def changed(
    label: str, flow: Direction, messages: tuple[Message, Message], formats: tuple[Written, Written]
) -> Draft:
    """One message in another format; or all that say none of their own, whose default it is."""
    (one, two), (former, now) = messages, formats
    defaults = [said(message.node, "contentType") is None for message in messages]
    whole = all(defaults) and former[1] == now[1]
    if whole:
        places = tuple(message.node.contract.root.child("defaultContentType") for message in messages)
        told_of, delta = "messages without a content type of their own are", ("default", former[0], now[0])
    else:
        places, told_of, delta = (one.node, two.node), f"message {one.name} is", (one.name, *now)
    worded = [" with a schema in ".join(words) if former[1] != now[1] else words[0] for words in formats]
    return draft(
        "event-content-type-changed",
        label,
        (places[0], places[1]),
        f"{label}: {told_of} now {worded[1]}, before {worded[0]}",
        f"Keep the format and offer the other at an address of its own, {NEW_MAJOR}",
        ("content type", *delta),
        direction=flow,
    )
