"""A response is offered as a media type that was not told before; callers choose by `Accept`."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs

MIRROR = "response-media-type-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            for media in two.content if one.content else ():
                if covering(media.name, one.content) is None:
                    yield draft(
                        "response-media-type-added",
                        match.label,
                        (one.node, media.node),
                        f"{match.label}: the {status} response is now offered as {media.name} too",
                        f"Nothing to do; withdrawing it later is {NEW_MAJOR.removeprefix('or publish ')}",
                        ("media type added", status, normal(media.name)),
                        level="info",
                        direction="produced",
                    )
