"""A parameter that a webhook or callback carried is no longer sent, or no longer always.

Whoever is called reads nothing where it read a value. One that was optional is treated like an optional
member of a response (policy `response_member_removed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs

MIRROR = "parameter-required"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "called"):
        for one, two in parameter_pairs(before, after):
            if two is not None and (two.required or not one.required):
                continue
            gone = "no longer carries" if two is None else "no longer always carries"
            yield draft(
                "called-parameter-missing",
                match.label,
                (one.node, two.node if two is not None else after.node),
                f"{match.label} {gone} {one.location} parameter `{one.name}`",
                f"Keep sending `{one.name}`, {NEW_MAJOR}",
                ("parameter", one.location, one.name, "missing"),
                level="breaking" if one.required else change.policy.response_member_removed,
                direction="produced",
            )
