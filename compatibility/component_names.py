"""Which schema components changed their name, seen from the operations that use them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from compatibility.changes import ContractChange, Surface
from compatibility.dispatch import mapping, told_apart_by
from specs.errors import SpecError
from specs.model import Contract, Node

HOLDER = "/components/schemas/"
DEPTH_MAX = 60
CONTEXTS_MAX = 20_000
ContextKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A component before, and what stands in its place; `now` is None when that has no name."""

    former: str
    now: str | None
    before: Node
    after: Node
    tag: bool = False
    """Whether the name is a value on the wire: that of a discriminator without a mapping for it."""


@dataclass(slots=True)
class Context:
    """What one pair of places says by itself: names that changed, and the pairs it refers to."""

    renamed: dict[tuple[str, str | None], Renamed] = field(default_factory=dict)
    led: dict[ContextKey, tuple[Node, Node]] = field(default_factory=dict)


def renamed(change: ContractChange) -> Iterator[tuple[Surface, Renamed]]:
    """Each surface with the renamed components it reaches; while all names are there, nothing is walked."""
    gone = component_names(change.before) - component_names(change.after)
    if not gone:
        return
    contexts = contexts_of(change.surfaces, gone)
    leading = leading_to_renamed(contexts)
    for surface in change.surfaces if leading else ():
        if surface.before is None or surface.after is None:
            continue
        found: dict[tuple[str, str | None], Renamed] = {}
        start = key_of_pair(surface.before, surface.after)
        seen, waiting = {start}, [start]
        while waiting:
            key = waiting.pop()
            if key not in leading:
                continue
            found.update(contexts[key].renamed)
            following = [one for one in contexts[key].led if one not in seen]
            seen.update(following)
            waiting.extend(following)
        for one in found.values():
            yield surface, one


def contexts_of(surfaces: list[Surface], gone: set[str]) -> dict[ContextKey, Context]:
    """Every pair of places that the surfaces reach by references, read once."""
    contexts: dict[ContextKey, Context] = {}
    waiting = [
        (one.before, one.after) for one in surfaces if one.before is not None and one.after is not None
    ]
    while waiting and len(contexts) < CONTEXTS_MAX:
        before, after = waiting.pop()
        key = key_of_pair(before, after)
        if key not in contexts:
            contexts[key] = Context()
            read(before, after, gone, contexts[key], 0)
            waiting.extend(contexts[key].led.values())
    return contexts


def leading_to_renamed(contexts: dict[ContextKey, Context]) -> set[ContextKey]:
    """The pairs from which a changed name can be reached."""
    askers: dict[ContextKey, list[ContextKey]] = {}
    for key, context in contexts.items():
        for one in context.led:
            askers.setdefault(one, []).append(key)
    found = {key for key, context in contexts.items() if context.renamed}
    waiting = list(found)
    while waiting:
        for asker in askers.get(waiting.pop(), ()):
            if asker not in found:
                found.add(asker)
                waiting.append(asker)
    return found


def key_of_pair(before: Node, after: Node) -> ContextKey:
    return before.document.uri, before.pointer, after.document.uri, after.pointer


def component_names(contract: Contract) -> set[str]:
    holder = contract.root.child("components", "schemas")
    return set(holder.value) if holder is not None and isinstance(holder.value, dict) else set()


def read(
    before: Node, after: Node, gone: set[str], context: Context, depth: int, *, tag: bool = False
) -> None:
    """Goes down both places together as far as they are written alike."""
    old, new = target(before), target(after)
    if old is not None or new is not None:
        one, two = old or before, new or after
        former, now = name_of(one) if old is not None else None, name_of(two) if new is not None else None
        if former is not None and former in gone and former != now:
            found = Renamed(former, now, one, two, tag)
            if tag or (former, now) not in context.renamed:
                context.renamed[former, now] = found
        context.led[key_of_pair(one, two)] = (one, two)
        return
    values = before.value, after.value
    if depth >= DEPTH_MAX:
        return
    for token in shared(*values):
        one_child, two_child = before.child(token), after.child(token)
        if one_child is not None and two_child is not None:
            part = tag and isinstance(token, int)
            part = part or (token in ("oneOf", "anyOf") and by_name(before.value) and by_name(after.value))
            read(one_child, two_child, gone, context, depth + 1, tag=part)


def by_name(schema: Any) -> bool:
    """Whether a discriminator tells alternatives apart by the names of their components."""
    return told_apart_by(schema) is not None and not mapping(schema)


def shared(before: Any, after: Any) -> list[str | int]:
    """The members or items that both have and that may hold a reference on either side."""
    both: list[str | int] = []
    if isinstance(before, dict) and isinstance(after, dict):
        both.extend(name for name in before if name in after)
    elif isinstance(before, list) and isinstance(after, list):
        both.extend(range(min(len(before), len(after))))
    return [
        one for one in both if isinstance(before[one], dict | list) or isinstance(after[one], dict | list)
    ]


def target(node: Node) -> Node | None:
    if not isinstance(node.value, dict) or not isinstance(node.value.get("$ref"), str):
        return None
    try:
        return node.referenced("$ref")
    except SpecError:
        return None


def name_of(node: Node) -> str | None:
    head, _, _ = node.pointer.rpartition("/")
    return node.token if head + "/" == HOLDER else None
