"""Credentials that were enough for a server or an event operation no longer are.

Any one of the alternatives is enough, so who satisfied one before must satisfy one now. It is the same for
those who send and for those who receive: both connect."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.event_security import event_alternatives, secured_pairs
from compatibility.layers import said
from compatibility.security import ANYBODY, satisfies, written
from specs.model import Node

MIRROR = "there is none: more alternatives refuse nobody"


def check(change: ContractChange) -> Iterator[Draft]:
    for operation, label, one, two in secured_pairs(change):
        yield from tightened(operation, label, (one, two))


def tightened(operation: str | None, label: str, places: tuple[Node, Node]) -> Iterator[Draft]:
    held, asked = (event_alternatives(said(node, "security")) or [ANYBODY] for node in places)
    for one in held:
        if any(satisfies(one, other) for other in asked):
            continue
        yield draft(
            "event-security-changed",
            operation,
            places,
            f"{label} no longer accepts {written(one)}; it now asks for "
            f"{' or '.join(written(other) for other in asked)}",
            f"Keep the former credentials valid, {NEW_MAJOR}",
            ("security", label, written(one)),
            direction="both",
            every_request=True,
        )
