"""An operation is gone: a path, a method, a webhook or a callback.

Every call to it fails. Operations are matched by method, effective URL (server base path and path) and the
shape of the path template, so renaming a path parameter or moving a segment into the server URL is no
removal.
A path that a template of the later contract still takes is no removal either. What firms let go after its
sunset or while it is unstable is up to the policy (`removed_after_sunset`, `unstable_levels`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.config import Level, Policy
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match
from specs.openapi import Operation

MIRROR = "operation-added"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if isinstance(match, Match) and match.before is not None and match.after is None:
            called = match.role == "called"
            noted = allowed(match.before.operation, change.policy)
            yield draft(
                "operation-removed",
                match.label,
                (match.before.operation.node, None),
                f"{match.label} is no longer sent; whoever waits for it gets nothing"
                if called
                else f"{match.label} is gone; every call to it now fails",
                remedy(match.before.operation),
                ("operation", match.before.shape, match.before.operation.method),
                level=noted or "breaking",
                direction="produced" if called else "consumed",
                every_request=True,
            )


def allowed(operation: Operation, policy: Policy) -> Level | None:
    """What the policy says of an operation whose promise is over, or that never made one; None: nothing."""
    node = operation.node.value
    if node.get("x-stability-level") in policy.unstable_levels:
        return "info"
    sunset = node.get("x-sunset")
    over = operation.deprecated and isinstance(sunset, str) and policy.today is not None
    return policy.removed_after_sunset if over and str(sunset)[:10] < str(policy.today) else None


def remedy(operation: Operation) -> str:
    """What to do; an operation that announced its end needs no second announcement."""
    node = operation.node.value
    sunset = node.get("x-sunset") if isinstance(node, dict) else None
    if operation.deprecated and sunset is not None:
        return (
            f"It was promised until {sunset}. From that day on remove it in a new major version, once no "
            "caller is left; usage names those that are."
        )
    if operation.deprecated:
        return f"Keep it and name a sunset date, {NEW_MAJOR}"
    return f"Keep it and mark it deprecated with a sunset date, {NEW_MAJOR}"
