"""A parameter or header is deprecated: it still works, and consumers should plan to do without it."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import lookup
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import header_pairs, parameter_pairs
from specs.model import Node
from specs.openapi import Operation

MIRROR = "there is none: to take a deprecation back breaks nobody"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        for what, one, two in carried(before, after):
            if two.value.get("deprecated") is True and one.value.get("deprecated") is not True:
                yield draft(
                    "parameter-deprecated",
                    match.label,
                    (one, two),
                    f"{match.label}: {what} is now deprecated",
                    f"Name what replaces it; to remove it later, {NEW_MAJOR.removeprefix('or ')}",
                    ("deprecated", what),
                    level="info",
                    direction="none",
                )


def carried(before: Operation, after: Operation) -> Iterator[tuple[str, Node, Node]]:
    """Parameters and response headers that both sides have, and what they are called."""
    for one, two in parameter_pairs(before, after):
        if two is not None:
            yield f"{one.location} parameter `{one.name}`", one.node, two.node
    for response in before.responses:
        partner = lookup(response.status, after.responses)
        for header, other in header_pairs(response, partner) if partner is not None else ():
            if other is not None:
                where = f"header `{header.name}` of the {response.status} response"
                yield where, header.node, other.node
