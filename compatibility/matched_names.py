"""What reports call the operations of two contracts, so that traffic can be told to be of none of them."""

from __future__ import annotations

from compatibility.asyncapi_matching import event_matches
from compatibility.openapi_matching import matched
from specs.model import Contract, Kind


def operation_names(before: Contract, after: Contract) -> frozenset[str]:
    """Every name that an operation has on either side; none for contracts without operations."""
    if before.kind is Kind.OPENAPI:
        pairs = [(match.before, match.after) for match in matched(before, after)]
        return frozenset(one.label for pair in pairs for one in pair if one is not None)
    if before.kind is Kind.ASYNCAPI:
        events = [(match.before, match.after) for match in event_matches(before, after)]
        return frozenset(f"{one.action} {one.address}" for pair in events for one in pair if one is not None)
    return frozenset()
