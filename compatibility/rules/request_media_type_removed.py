"""A media type that request bodies could have is no longer accepted."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import Match

MIRROR = "response-media-type-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if (
            not isinstance(match, Match)
            or match.before is None
            or match.after is None
            or match.role == "called"
        ):
            continue
        before, after = match.before.operation.request_body, match.after.operation.request_body
        if before is None or after is None:
            continue
        for one in before.content:
            if covering(one.name, after.content) is None:
                yield draft(
                    "request-media-type-removed",
                    match.label,
                    (one.node, after.node),
                    f"{match.label} no longer accepts {one.name} bodies",
                    f"Keep accepting {one.name}, {NEW_MAJOR}",
                    ("media type", normal(one.name)),
                    every_request=len(before.content) == 1,
                )
