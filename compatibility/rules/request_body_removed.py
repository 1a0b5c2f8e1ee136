"""The request body is gone: what callers send is no longer read."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match

MIRROR = "response-body-added"


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
        if before.request_body is not None and after.request_body is None:
            yield draft(
                "request-body-removed",
                match.label,
                (before.request_body.node, after.node),
                f"{match.label} no longer takes a request body",
                f"Keep accepting the body, {NEW_MAJOR}",
                ("body", "removed"),
                every_request=before.request_body.required,
            )
