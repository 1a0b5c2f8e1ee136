"""Request bodies may have a media type that was not accepted before; callers may go on as before."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import pairs

MIRROR = "request-media-type-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        former, now = before.request_body, after.request_body
        if former is None or now is None or not former.content:
            continue
        for media in now.content:
            if covering(media.name, former.content) is None:
                yield draft(
                    "request-media-type-added",
                    match.label,
                    (former.node, media.node),
                    f"{match.label} now accepts {media.name} bodies",
                    f"Nothing to do; refusing it later is {NEW_MAJOR.removeprefix('or publish ')}",
                    ("media type added", normal(media.name)),
                    level="info",
                )
