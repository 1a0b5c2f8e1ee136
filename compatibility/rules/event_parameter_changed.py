"""Where the value of an address parameter is told (`location`) changed, or is no longer told.

Whoever computes the address from a message computes another one, or none."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch, parameter_objects
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "itself: it is judged the same way in both directions"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if not isinstance(match, EventMatch) or match.before is None or match.after is None:
            continue
        sides = parameter_objects(match.before), parameter_objects(match.after)
        for (name, one), (_, two) in zip(*sides, strict=False):
            former, now = (node.value.get("location") if node is not None else None for node in (one, two))
            if former is None or former == now:
                continue
            yield draft(
                "event-parameter-changed",
                match.label,
                (one, two if two is not None else match.after.node),
                f"{match.label}: the value of address parameter `{name}` is now told by {now or 'nothing'}, "
                f"before by {former}",
                f"Keep {former}, {NEW_MAJOR}",
                ("parameter", name, former, now),
                direction="both",
            )
