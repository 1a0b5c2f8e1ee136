"""A response that had no body has one: a reader that expects none ignores it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs

MIRROR = "request-body-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            if two.content and not one.content:
                yield draft(
                    "response-body-added",
                    match.label,
                    (one.node, two.node),
                    f"{match.label}: the {status} response now has a body",
                    f"Nothing to do; removing one would be {NEW_MAJOR.removeprefix('or publish ')}",
                    ("body", status, "added"),
                    level="info",
                    direction="produced",
                )
