"""An event operation or message with its traits: which of them says a member, and what they say together.

AsyncAPI 2.6 merges traits over the object they are applied to; in 3.0 the object's own members win. Both
times it is JSON Merge Patch (RFC 7386), and a later trait wins over an earlier one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specs.model import Node


def layers(node: Node) -> list[Node]:
    """The object and its traits, the one that wins first."""
    listed = node.child("traits")
    traits = [trait.resolved() for _, trait in listed.items()] if listed is not None else []
    wins = node.contract.document.spec_version.startswith("2.")
    return [*reversed(traits), node] if wins else [node, *reversed(traits)]


def said(node: Node, *members: str) -> Node | None:
    """What the winning layer says at a path of members; references on the way are followed."""
    for layer in layers(node):
        found: Node | None = layer
        for member in members:
            found = found.resolved().child(member) if found is not None else None
        if found is not None:
            return found
    return None


def merged(node: Node, member: str) -> Node | None:
    """An object that all layers say a part of; it stands where the winning layer says it."""
    written = [found.resolved() for layer in layers(node) if (found := layer.child(member)) is not None]
    if len(written) < 2:
        return written[0] if written else None
    value: Any = {}
    for one in reversed(written):
        value = patched(value, one.value)
    return replace(written[0], value=value)


def patched(value: Any, patch: Any) -> Any:
    """JSON Merge Patch, less the removal by null: a trait has nothing to remove from."""
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return patch
    return {**value, **{name: patched(value.get(name), one) for name, one in patch.items()}}
