"""A response has a header that was not told before, or always has one that could be missing.

Readers that do not know it ignore it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs, header_pairs

MIRROR = "response-header-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            for header, partner in header_pairs(two, one):
                if partner is not None and (partner.required or not header.required):
                    continue
                said = "may now have" if partner is None else "now always has"
                yield draft(
                    "response-header-added",
                    match.label,
                    (partner.node if partner else before.node, header.node),
                    f"{match.label}: the {status} response {said} header `{header.name}`",
                    "Nothing to do; taking it back needs a new major version.",
                    ("header", status, header.name.lower(), "added"),
                    level="info",
                    direction="produced",
                )
