"""What a subscriber may answer to a webhook or callback is narrower than it was.

We read these answers. A media type that is no longer taken, a header that must now be there, a body that is
no longer read: a subscriber that answers as before is refused. Statuses have response-status-removed."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs
from specs.openapi import Response

MIRROR = "called-body-changed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "called"):
        for status, one, two in answer_pairs(match, before, after):
            for what, *delta in narrowed(one, two):
                yield draft(
                    "called-answer-narrowed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label}: {what} in the answer {status} of a subscriber",
                    f"Keep taking the former answers, {NEW_MAJOR}",
                    (status, *delta),
                )


def narrowed(one: Response, two: Response) -> Iterator[tuple[str, ...]]:
    if one.content and not two.content:
        yield "a body is no longer read", "body"
    for media in one.content if two.content else ():
        if covering(media.name, two.content) is None:
            yield f"{media.name} is no longer taken", "media type", normal(media.name)
    if two.content and not one.content:
        yield "a body is now expected", "body expected"
    former = {header.name.lower(): header for header in one.headers}
    for header in two.headers:
        held = former.get(header.name.lower())
        if header.required and (held is None or not held.required):
            yield f"header `{header.name}` is now required", "header", header.name.lower()
