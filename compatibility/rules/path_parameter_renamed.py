"""A path parameter has another name: URLs stay the same, because its position counts.

Generated clients name an argument by it, so code that passes it by name no longer compiles."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs

MIRROR = "itself: a name that changes back is a change too"
PROMISE = "sdk"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        for one, two in parameter_pairs(before, after):
            if two is not None and one.location == "path" and one.name != two.name:
                yield draft(
                    "path-parameter-renamed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label}: path parameter `{one.name}` is now called `{two.name}`",
                    f"Keep the name `{one.name}`, {NEW_MAJOR}",
                    ("path parameter", one.name, two.name),
                )
