"""Credentials that were enough no longer are.

Security is a list of alternatives, each a set of schemes with scopes. Whoever satisfied one alternative
before must satisfy one now. Schemes are compared by what they are, not by their component names."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import Match
from compatibility.security import alternatives, places, satisfies, written

MIRROR = "security-relaxed"


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
        now = alternatives(after.security)
        for held in alternatives(before.security):
            if not any(satisfies(held, asked) for asked in now):
                yield draft(
                    "security-tightened",
                    match.label,
                    places(match),
                    f"{match.label} no longer accepts callers with {written(held)}; "
                    f"it now asks for {' or '.join(written(asked) for asked in now)}",
                    f"Keep the former credentials valid, {NEW_MAJOR}",
                    ("security", written(held)),
                    every_request=True,
                )
