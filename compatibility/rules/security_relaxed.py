"""Fewer credentials are asked for: no caller breaks, and somebody should know that it was meant."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match
from compatibility.security import alternatives, places, satisfies, written

MIRROR = "security-tightened"


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
        asked_before = alternatives(before.security)
        for asked in alternatives(after.security):
            if not any(satisfies(asked, former) for former in asked_before):
                yield draft(
                    "security-relaxed",
                    match.label,
                    places(match),
                    f"{match.label} now lets in callers with {written(asked)}",
                    f"Have security review it; to undo it later, {NEW_MAJOR.removeprefix('or ')}",
                    ("security", written(asked)),
                    level="info",
                )
