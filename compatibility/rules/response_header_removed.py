"""A response header that was always there may now be missing."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import answer_pairs, header_pairs

MIRROR = "parameter-required"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for status, one, two in answer_pairs(match, before, after):
            for header, partner in header_pairs(one, two):
                if header.required and (partner is None or not partner.required):
                    yield draft(
                        "response-header-removed",
                        match.label,
                        (header.node, partner.node if partner else two.node),
                        f"{match.label}: the {status} response no longer always has header `{header.name}`",
                        f"Keep sending `{header.name}`, {NEW_MAJOR}",
                        ("header", status, header.name.lower()),
                        direction="produced",
                    )
                elif partner is None:
                    yield draft(
                        "response-header-removed",
                        match.label,
                        (header.node, two.node),
                        f"{match.label}: the {status} response no longer declares the optional header "
                        f"`{header.name}`",
                        "Tell the consumers that read it.",
                        ("optional header", status, header.name.lower()),
                        level="info",
                        direction="produced",
                    )
