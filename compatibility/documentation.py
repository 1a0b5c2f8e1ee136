"""The places of two contracts that carry words for people, paired: operations, what they hold, and schemas.

Asked only when the promise of words is judged: everything else leaves them out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from compatibility.asyncapi_matching import EventMatch, exchanges, message_pairs
from compatibility.changes import ContractChange, Draft
from compatibility.config import PROMISE_LEVELS
from compatibility.drafting import draft
from compatibility.media_types import covering, lookup
from compatibility.openapi_matching import pairs
from compatibility.openapi_surfaces import parameter_pairs
from compatibility.pairs import joined
from compatibility.partners import children
from compatibility.places import landed
from specs.model import Node
from specs.openapi import MediaType, Operation

PAIRS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Documented:
    """A pair of places of one operation (None: of the contract), and how a reader would call it."""

    operation: str | None
    where: str
    before: Node
    after: Node


def words_changed(change: ContractChange, rule: str, words: tuple[str, ...], what: str) -> Iterator[Draft]:
    """A draft for each place where one of the words says something else."""
    if PROMISE_LEVELS.index(change.level) < PROMISE_LEVELS.index("docs"):
        return
    for place in documented(change):
        for word in words:
            former, now = said(place.before, word), said(place.after, word)
            if former == now:
                continue
            verb = "is new" if former is None else "is gone" if now is None else "changed"
            owner = f"{place.operation}: " if place.operation else ""
            yield draft(
                rule,
                place.operation,
                (place.before, place.after),
                f"{owner}{what.format(word)} of {place.where} {verb}",
                "Nothing to do when the words still say what the contract does.",
                (word, former, now),
                level=change.policy.words_changed,
                direction="none",
            )


def said(node: Node, word: str) -> str | None:
    value = node.value.get(word) if isinstance(node.value, dict) else None
    return None if value is None else json.dumps(value, sort_keys=True, default=str)


def documented(change: ContractChange) -> Iterator[Documented]:
    """Every pair of places once, in the order of the earlier contract."""
    roots = change.before.root, change.after.root
    yield from both(None, "the contract", roots[0].child("info"), roots[1].child("info"))
    yield from both(None, "the contract", *roots)
    for match, before, after in pairs(change.matches):
        yield from operation_places(match.label, before, after)
    for event in change.matches:
        if isinstance(event, EventMatch) and event.before is not None and event.after is not None:
            yield Documented(event.label, "the operation", event.before.node, event.after.node)
            for _, old, new in exchanges(event):
                for one, two in message_pairs(old, new):
                    if one is not None and two is not None:
                        yield Documented(event.label, f"message {one.name}", one.node, two.node)
    yield from schema_places(change)


def operation_places(label: str, before: Operation, after: Operation) -> Iterator[Documented]:
    yield Documented(label, "the operation", before.node, after.node)
    for one, two in parameter_pairs(before, after):
        if two is not None:
            yield Documented(label, f"{one.location} parameter `{one.name}`", one.node, two.node)
    if before.request_body is not None and after.request_body is not None:
        yield Documented(label, "the request", before.request_body.node, after.request_body.node)
        yield from media_places(label, "the request", before.request_body.content, after.request_body.content)
    for former in before.responses:
        now = lookup(former.status, after.responses)
        if now is not None:
            where = f"the {former.status} response"
            yield Documented(label, where, former.node, now.node)
            yield from media_places(label, where, former.content, now.content)


def media_places(
    label: str, where: str, before: tuple[MediaType, ...], after: tuple[MediaType, ...]
) -> Iterator[Documented]:
    for one in before:
        two = covering(one.name, after)
        if two is not None:
            yield Documented(label, f"{where} as {one.name}", one.node, two.node)


def both(operation: str | None, where: str, before: Node | None, after: Node | None) -> Iterator[Documented]:
    if before is not None and after is not None:
        yield Documented(operation, where, before, after)


def schema_places(change: ContractChange) -> Iterator[Documented]:
    """The pairs of schemas below the surfaces, each with the first operation that holds it."""
    seen: set[tuple[str, str, str, str]] = set()
    for surface in change.surfaces:
        waiting = [("", surface.before, surface.after)]
        while waiting and len(seen) < PAIRS_MAX:
            path, before, after = waiting.pop(0)
            if before is None or after is None:
                continue
            before, after = landed(before), landed(after)
            key = (before.document.uri, before.pointer, after.document.uri, after.pointer)
            if key in seen:
                continue
            seen.add(key)
            member = f"`{path}` in the {surface.where}" if path else f"the {surface.where}"
            yield Documented(surface.operation, member, before, after)
            parts = children(before, after, change.judge.same)
            waiting.extend((joined(path, part.step), part.before, part.after) for part in parts)
