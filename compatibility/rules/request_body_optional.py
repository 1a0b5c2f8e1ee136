"""A request body that was required may be left out, or there is a new one that nobody has to send."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs

MIRROR = "request-body-required"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        former, now = before.request_body, after.request_body
        if now is None or now.required or (former is not None and not former.required):
            continue
        yield draft(
            "request-body-optional",
            match.label,
            (former.node if former is not None else before.node, now.node),
            f"{match.label} now takes an optional request body"
            if former is None
            else f"{match.label} now takes requests without a body",
            f"Nothing to do; to require one later is {NEW_MAJOR.removeprefix('or publish ')}",
            ("body", "optional"),
            level="info",
        )
