"""An operation is deprecated and no date says until when it works.

Consumers cannot plan (policy `deprecated_without_sunset`: noted by default, breaking where a firm demands
the date). The date is `x-sunset`, as the Sunset header tells it (RFC 8594)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import draft
from compatibility.openapi_matching import pairs

MIRROR = "there is none: an operation that works on needs no date"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        newly = after.deprecated and not before.deprecated
        if newly and not after.node.value.get("x-sunset"):
            yield draft(
                "deprecated-without-sunset",
                match.label,
                (before.node, after.node),
                f"{match.label} is deprecated without a sunset date",
                "Say under `x-sunset` until when it works.",
                ("sunset", "missing"),
                level=change.policy.deprecated_without_sunset,
                direction="none",
            )
