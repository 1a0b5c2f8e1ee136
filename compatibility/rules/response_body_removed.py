"""A response that had a body has none: whoever reads it gets nothing."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs

MIRROR = "request-body-required"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            if one.content and not two.content:
                yield draft(
                    "response-body-removed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label}: the {status} response no longer has a body",
                    f"Keep the body, {NEW_MAJOR}",
                    ("body", status, "removed"),
                    direction="produced",
                )
