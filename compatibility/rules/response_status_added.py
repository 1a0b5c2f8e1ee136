"""A status that was not promised may now be met.

Clients have to treat an unknown code of a class like its `x00` (RFC 9110 section 15), so this is noted by
default (policy `status_added`). A code that `default` or a range already promised is compared with that."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import lookup
from compatibility.openapi_matching import Match

MIRROR = "response-status-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if (
            not isinstance(match, Match)
            or match.before is None
            or match.after is None
            or match.role == "called"
        ):
            continue
        for one in match.after.operation.responses:
            if lookup(one.status, match.before.operation.responses) is None:
                yield draft(
                    "response-status-added",
                    match.label,
                    (match.before.operation.node, one.node),
                    f"{match.label} may now answer {one.status}",
                    f"Tell consumers to treat it like its class, {NEW_MAJOR}",
                    ("status", one.status),
                    level=change.policy.status_added,
                    direction="produced",
                )
