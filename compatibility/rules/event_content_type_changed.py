"""The bytes of a message are in another format, or its schema is in another language."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs, schema_language
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import normal

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
                    yield draft(
                        "event-content-type-changed",
                        match.label,
                        (one.node, two.node),
                        f"{match.label}: message {one.name} is now {' with a schema in '.join(now)}, "
                        f"before {' with a schema in '.join(former)}",
                        f"Keep the format and offer the other at an address of its own, {NEW_MAJOR}",
                        ("content type", one.name, *now),
                        direction=flow,
                    )
