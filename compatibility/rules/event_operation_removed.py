"""An event operation is gone: nothing is sent to the address any more, or nothing sent there is received.

Operations are matched by action and address (parameters by position), not by their names in the document."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.asyncapi_matching import EventMatch
from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft

MIRROR = "event-operation-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if isinstance(match, EventMatch) and match.before is not None and match.after is None:
            sends = match.before.action == "send"
            yield draft(
                "event-operation-removed",
                match.label,
                (match.before.node, None),
                f"nothing is sent to {match.before.address} any more; its subscribers starve"
                if sends
                else f"messages sent to {match.before.address} are no longer received",
                f"Keep the operation and announce its end, {NEW_MAJOR}",
                ("event operation", match.before.action, match.before.address),
                direction=match.flow,
                every_request=True,
            )
