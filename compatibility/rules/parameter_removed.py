"""A parameter is gone.

A server that ignores unknown query parameters answers as if it had not been sent: a silent loss of meaning.
The gateway of this contract refuses unknown parameters, so the default is breaking (policy
`parameter_removed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs

MIRROR = "parameter-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        for one, two in parameter_pairs(before, after):
            if two is None and one.location != "path":
                yield draft(
                    "parameter-removed",
                    match.label,
                    (one.node, after.node),
                    f"{match.label} no longer takes {one.location} parameter `{one.name}`",
                    f"Keep `{one.name}` and ignore it, {NEW_MAJOR}",
                    ("parameter", one.location, one.name, "removed"),
                    level=change.policy.parameter_removed,
                    where=f"{one.location} parameter `{one.name}`",
                    members=("",),
                )
