"""A webhook or callback comes with other credentials than the receiver was told to expect.

The receiver checks what it was told; a call with less, or with another kind, is refused by it. Only security
that is written at the webhook or callback itself counts."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.security import alternatives, satisfies, written

MIRROR = "security-tightened"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "called"):
        told = alternatives(before.security)
        for sent in alternatives(after.security):
            if not any(satisfies(sent, expected) for expected in told):
                yield draft(
                    "called-credentials-changed",
                    match.label,
                    (before.node, after.node),
                    f"{match.label} may now come with {written(sent)}; receivers were told to expect "
                    f"{' or '.join(written(one) for one in told)}",
                    f"Keep sending the former credentials, {NEW_MAJOR}",
                    ("security", written(sent)),
                    direction="produced",
                )
