"""A webhook or callback comes with another body: none where there was one, or in a media type never told.

We send these requests, so whoever is called must be able to read each of them. Members and values of the body
are judged like those of a response."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, normal
from compatibility.openapi_matching import Match, pairs
from specs.openapi import Operation

MIRROR = "called-answer-narrowed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "called"):
        former, now = before.request_body, after.request_body
        if former is None and now is not None:
            yield said(match, before, after, "now has a body", ("body", "added"), noted=True)
        elif former is not None and now is None:
            yield said(match, before, after, "no longer has a body", ("body", "removed"))
        elif former is not None and now is not None:
            if former.required and not now.required:
                yield said(match, before, after, "may now come without a body", ("body", "optional"))
            for media in now.content:
                if covering(media.name, former.content) is None:
                    delta = ("media type", normal(media.name))
                    yield said(match, before, after, f"may now come as {media.name}", delta)


def said(
    match: Match,
    before: Operation,
    after: Operation,
    what: str,
    delta: tuple[str, ...],
    *,
    noted: bool = False,
) -> Draft:
    nodes = [one.request_body.node if one.request_body else one.node for one in (before, after)]
    return draft(
        "called-body-changed",
        match.label,
        (nodes[0], nodes[1]),
        f"{match.label} {what}",
        "Nothing to do." if noted else f"Keep sending what was promised, {NEW_MAJOR}",
        delta,
        level="info" if noted else "breaking",
        direction="produced",
    )
