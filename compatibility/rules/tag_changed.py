"""The tags of an operation changed: no call differs.

Generators make a class of each tag and put an operation where its first tag says, so code that calls it finds
it elsewhere (policy `tag_changed`). Further tags sort documentation only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.openapi_matching import pairs
from specs.model import Node

MIRROR = "itself: a tag that changes back is a change too"
PROMISE = "sdk"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches, "served"):
        former, now = tags(before.node), tags(after.node)
        if former == now:
            continue
        moved = former[:1] != now[:1]
        yield draft(
            "tag-changed",
            match.label,
            (before.node, after.node),
            f"{match.label} is now tagged {spoken(now)}, before {spoken(former)}",
            f"Keep the first tag, {NEW_MAJOR}",
            ("tags", former, now),
            level=change.policy.tag_changed if moved else "info",
            direction="none",
        )


def tags(node: Node) -> list[str]:
    held: Any = node.value.get("tags") if isinstance(node.value, dict) else None
    return [one for one in held if isinstance(one, str)] if isinstance(held, list) else []


def spoken(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "not at all"
