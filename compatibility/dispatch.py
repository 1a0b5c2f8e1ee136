"""Which schema each value of a discriminator stands for (OpenAPI 3.1, Discriminator Object)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specs.errors import SpecError
from specs.model import Node

HOLDER = "#/components/schemas/"


def told_apart_by(schema: Any) -> str | None:
    """The member that tells alternatives apart; AsyncAPI writes its name, OpenAPI an object with it."""
    held = schema.get("discriminator") if isinstance(schema, dict) else None
    name = held.get("propertyName") if isinstance(held, dict) else held
    return name if isinstance(name, str) else None


def mapping(schema: Any) -> dict[str, str]:
    """The values that are written down, each with the reference or component name it stands for."""
    held = schema.get("discriminator") if isinstance(schema, dict) else None
    found = held.get("mapping") if isinstance(held, dict) else None
    items = found.items() if isinstance(found, dict) else ()
    return {tag: target for tag, target in items if isinstance(target, str)}


def tags(node: Node) -> dict[str, Node]:
    """Every value of a discriminator with its schema: those written down, and names of components."""
    if told_apart_by(node.value) is None:
        return {}
    found = {tag: referred(node, target) for tag, target in mapping(node.value).items()}
    for keyword in ("oneOf", "anyOf"):
        for part in node.value.get(keyword) or ():
            target = part.get("$ref") if isinstance(part, dict) else None
            if isinstance(target, str) and target.startswith(HOLDER):
                found.setdefault(target.removeprefix(HOLDER), referred(node, target))
    return {tag: target for tag, target in found.items() if target is not None}


def referred(node: Node, target: str) -> Node | None:
    """Where a value leads: by a reference, or by the name of a component."""
    plain = all(letter.isalnum() or letter in "._-" for letter in target)
    holder = node.contract.root.child("components", "schemas")
    named = plain and holder is not None and target in holder.value
    try:
        return replace(node, value={"$ref": HOLDER + target if named else target}).referenced("$ref")
    except SpecError:
        return None
