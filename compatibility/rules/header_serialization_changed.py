"""A header is written differently on the wire: as a media type or plainly, an object exploded or not.

Headers have the style `simple`; `explode` says something of objects only (OpenAPI 3.1, Header Object)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs, content_of, header_pairs
from compatibility.text_values import kinds_of
from specs.openapi import Header

MIRROR = "parameter-serialization-changed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        called = match.role == "called"
        for status, response, partner in answer_pairs(match, before, after):
            for one, two in header_pairs(response, partner):
                what = difference(one, two, called=called) if two is not None else None
                if what is not None and two is not None:
                    yield draft(
                        "header-serialization-changed",
                        match.label,
                        (one.node, two.node),
                        f"{match.label}: header `{one.name}` of the {status} response is written "
                        f"differently: {what}",
                        f"Keep the former serialization, {NEW_MAJOR}",
                        ("header", status, one.name.lower(), what),
                        direction="consumed" if called else "produced",
                    )


def difference(one: Header, two: Header, *, called: bool) -> str | None:
    former, now = content_of(one.node), content_of(two.node)
    if bool(former) != bool(now):
        return "a media type instead of plainly" if now else "plainly instead of a media type"
    writer, reader = (former, now) if called else (now, former)
    if not all(covering(media.name, reader) for media in writer):
        return f"as {now[0].name} instead of {former[0].name}"
    exploded = [bool(header.node.value.get("explode")) for header in (one, two)]
    if exploded[0] != exploded[1] and all("object" in kinds_of(header.schema) for header in (one, two)):
        return f"explode is now {str(exploded[1]).lower()}"
    return None
