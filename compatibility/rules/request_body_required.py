"""A request body that callers could leave out, or that did not exist, is now required."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match

MIRROR = "response-body-removed"


def check(change: ContractChange) -> Iterator[Draft]:
    for match in change.matches:
        if (
            not isinstance(match, Match)
            or match.before is None
            or match.after is None
            or match.role == "called"
        ):
            continue
        before, after = match.before.operation, match.after.operation
        body = after.request_body
        if (
            body is None
            or not body.required
            or (before.request_body is not None and before.request_body.required)
        ):
            continue
        yield draft(
            "request-body-required",
            match.label,
            (before.request_body.node if before.request_body else before.node, body.node),
            f"{match.label} now requires a request body; a request without one was fine and is now refused",
            f"Make the body optional, {NEW_MAJOR}",
            ("body", "required"),
            every_request=before.request_body is None,
        )
