"""A media type that callers could ask for is no longer offered."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs

MIRROR = "request-media-type-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            if not two.content:
                continue
            for media in one.content:
                if covering(media.name, two.content) is None:
                    yield draft(
                        "response-media-type-removed",
                        match.label,
                        (media.node, two.node),
                        f"{match.label}: the {status} response is no longer offered as {media.name}",
                        f"Keep offering {media.name}, {NEW_MAJOR}",
                        ("media type", status, normal(media.name)),
                        direction="produced",
                    )
