"""Which event operation of an AsyncAPI contract is which after the change, and their surfaces.

A channel is its address, parameters by position, not its key in the document. A message is known by its
name, else by its content. `send` is produced, `receive` consumed; a reply flows the other way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from compatibility.bindings import schemas_of
from compatibility.changes import Surface
from compatibility.judging import Flow, other
from compatibility.layers import merged, said
from compatibility.text_forms import TextForm
from specs.asyncapi import EventOperation, Message, event_operations
from specs.model import Contract, Node
from specs.schema import self_contained

TEMPLATE = re.compile(r"\{[^{}]*\}")
NO_HEADERS = {"type": "object", "properties": {}}
"""What a message without `headers` says of them: they are a map of which no member is told."""


@dataclass(frozen=True, slots=True)
class EventMatch:
    """The same event operation before and after; None where it is missing."""

    before: EventOperation | None
    after: EventOperation | None

    @property
    def label(self) -> str:
        one = self.before or self.after
        assert one is not None
        return f"{one.action} {one.address}"

    @property
    def flow(self) -> Flow:
        one = self.before or self.after
        assert one is not None
        return "produced" if one.action == "send" else "consumed"


def event_matches(before: Contract, after: Contract) -> tuple[EventMatch, ...]:
    """By action and address; several on one channel by operation id, then by the messages they share.

    An address that was not known (null) may become any; then the channel's name tells.
    """
    waiting: dict[tuple[str, str], list[EventOperation]] = {}
    by_channel: dict[tuple[str, str], list[EventOperation]] = {}
    for one in event_operations(after):
        waiting.setdefault(shape(one), []).append(one)
        by_channel.setdefault((one.action, one.channel), []).append(one)
    used: set[int] = set()
    found = []
    for one in event_operations(before):
        partners = [two for two in waiting.get(shape(one), ()) if id(two) not in used]
        if not partners and address_of(one) is None:
            partners = [two for two in by_channel.get((one.action, one.channel), ()) if id(two) not in used]
        partner = next((two for two in partners if two.operation_id == one.operation_id), None)
        if partner is None and partners:
            partner = max(partners, key=lambda two: len(event_types(one) & event_types(two)))
        used.add(id(partner))
        found.append(EventMatch(one, partner))
    return (*found, *(EventMatch(None, one) for one in event_operations(after) if id(one) not in used))


def event_types(operation: EventOperation) -> set[str]:
    return {message.event_type for message in operation.messages}


def shape(operation: EventOperation) -> tuple[str, str]:
    address = address_of(operation)
    known = TEMPLATE.sub("{}", address) if address is not None else f"channel {operation.channel}"
    return operation.action, known


def address_of(operation: EventOperation) -> str | None:
    """The address on the wire; None where it is not known at design time (AsyncAPI 3.0, Channel Object)."""
    channel = channel_of(operation)
    three = operation.node.child("channel") is not None
    if three and channel is not None and not isinstance(channel.value.get("address"), str):
        return None
    return operation.address


def event_surfaces(match: EventMatch, *, retained: bool = False) -> Iterator[Surface]:
    """The schemas of a matched operation; `retained`: what was sent before is still read, from a log."""
    if match.before is None or match.after is None:
        return
    if retained and match.flow == "produced":
        messages = match.before.messages, match.after.messages
        yield from message_surfaces(match, *messages, "consumed", "retained ")
    yield from message_surfaces(match, match.before.messages, match.after.messages, match.flow, "")
    replies = match.before.reply_messages, match.after.reply_messages
    yield from message_surfaces(match, *replies, other(match.flow), "reply ")
    yield from parameter_surfaces(match)
    yield from binding_surfaces(match)


def exchanges(match: EventMatch) -> list[tuple[Flow, tuple[Message, ...], tuple[Message, ...]]]:
    """The messages of a matched operation and of its reply, each with the direction they flow."""
    if match.before is None or match.after is None:
        return []
    return [
        (match.flow, match.before.messages, match.after.messages),
        (other(match.flow), match.before.reply_messages, match.after.reply_messages),
    ]


def binding_pairs(match: EventMatch) -> list[tuple[str, Node, Node]]:
    """Place and both bindings objects of operation, channel and messages; one that is missing is empty."""
    if match.before is None or match.after is None:
        return []
    holders: list[tuple[str, Node | None, Node | None]] = [
        ("operation", match.before.node, match.after.node),
        ("channel", channel_of(match.before), channel_of(match.after)),
    ]
    for _, before, after in exchanges(match):
        holders.extend(
            ("message", one.node, two.node)
            for one, two in message_pairs(before, after)
            if one is not None and two is not None
        )
    found = []
    for place, one, two in holders:
        if one is None or two is None:
            continue
        written = merged(one, "bindings"), merged(two, "bindings")
        if written == (None, None):
            continue
        sides = [
            node if node is not None else replace(holder, value={})
            for node, holder in zip(written, (one, two), strict=True)
        ]
        found.append((place, sides[0], sides[1]))
    return found


def message_surfaces(
    match: EventMatch, before: tuple[Message, ...], after: tuple[Message, ...], flow: Flow, kind: str
) -> Iterator[Surface]:
    for one, two in message_pairs(before, after):
        if one is None or two is None or not (judged_as_json(one) and judged_as_json(two)):
            continue
        for what, old, new in (("payload", one.payload, two.payload), ("headers", one.headers, two.headers)):
            if old is None and new is None:
                continue
            blank = NO_HEADERS if what == "headers" else {}
            sides = [
                node if node is not None else replace(holder, pointer=f"{holder.pointer}/{what}", value=blank)
                for node, holder in ((old, one.node), (new, two.node))
            ]
            where = f"{what} of {kind}{one.name}"
            yield Surface(match.label, where, flow, sides[0], sides[1], parts=what == "headers")


def message_pairs(
    before: tuple[Message, ...], after: tuple[Message, ...]
) -> list[tuple[Message | None, Message | None]]:
    """Partners by name or event type, then by equal content, then by being the only ones left."""
    left = list(after)
    pairs: list[tuple[Message | None, Message | None]] = []
    alone: list[Message] = []
    for one in before:
        partner = next(
            (two for two in left if two.name == one.name and two.event_type == one.event_type), None
        )
        partner = partner or next((two for two in left if two.event_type == one.event_type), None)
        if partner is None:
            alone.append(one)
        else:
            left.remove(partner)
            pairs.append((one, partner))
    for one in list(alone):
        same = [two for two in left if content(two) == content(one)]
        if same:
            alone.remove(one)
            left.remove(same[0])
            pairs.append((one, same[0]))
    if len(alone) == 1 and len(left) == 1:
        return [*pairs, (alone[0], left[0])]
    return [*pairs, *((one, None) for one in alone), *((None, two) for two in left)]


def content(message: Message) -> str:
    """What a message is, whatever it is called."""
    if not judged_as_json(message):
        return json.dumps(message.node.value, sort_keys=True, default=str)
    parts = [
        without_places(self_contained(one)) if one is not None else None
        for one in (message.payload, message.headers)
    ]
    return json.dumps([message.content_type, *parts], sort_keys=True, default=str)


def without_places(schema: Any) -> Any:
    return (
        {name: value for name, value in schema.items() if name != "$schema"}
        if isinstance(schema, dict)
        else schema
    )


def judged_as_json(message: Message) -> bool:
    return schema_language(message) == "json"


def schema_language(message: Message) -> str:
    """What the payload's schema is written in: `json`, or the other language's name without its version."""
    told = said(message.node, "schemaFormat")
    written = told.value if told is not None else None
    payload = message.node.child("payload")
    if written is None and payload is not None and isinstance(payload.resolved().value, dict):
        held = payload.resolved().value
        written = held.get("schemaFormat") if "schema" in held else None
    name = str(written or "").split(";")[0]
    if not name or "asyncapi" in name or "schema+" in name or "openapi" in name:
        return "json"
    return name


def other_languages(match: EventMatch) -> Iterator[str]:
    """Changed payloads in a schema language that is not JSON Schema: seen, and not judged."""
    for _, before, after in exchanges(match):
        for one, two in message_pairs(before, after):
            if one is None or two is None or judged_as_json(one) or judged_as_json(two):
                continue
            if content(one) != content(two):
                yield f"{match.label}: message {one.name} has a {schema_language(one)} schema that changed"


def parameter_surfaces(match: EventMatch) -> Iterator[Surface]:
    """Channel parameters by their position in the address; subscribers and publishers choose them."""
    sides = [parameters(one) for one in (match.before, match.after) if one is not None]
    for (name, one), (_, two) in zip(*sides, strict=False):
        if one is None and two is None:
            continue
        old, new = (
            node
            if node is not None
            else replace(holder.node, pointer=f"{holder.node.pointer}/{name}", value={})
            for node, holder in ((one, match.before), (two, match.after))
            if holder is not None
        )
        yield Surface(match.label, f"address parameter `{name}`", "consumed", old, new, text=TextForm())


def parameters(operation: EventOperation) -> list[tuple[str, Node | None]]:
    """The schema of each parameter of the address; in 3.0 the parameter object itself, a string enum."""
    return [
        (name, (found.child("schema") or found) if found is not None else None)
        for name, found in parameter_objects(operation)
    ]


def parameter_objects(operation: EventOperation) -> list[tuple[str, Node | None]]:
    """The parameters of the address in order, each by its name with the object that describes it."""
    node = channel_of(operation)
    found = []
    for name in re.findall(r"\{([^{}]*)\}", operation.address):
        written = node.child("parameters", name) if node is not None else None
        found.append((name, written.resolved() if written is not None else None))
    return found


def channel_of(operation: EventOperation) -> Node | None:
    """The channel object: referred to in 3.0, the operation's parent in 2.x."""
    written = operation.node.child("channel")
    if written is not None:
        return written.resolved()
    pointer = operation.node.pointer.rpartition("/")[0]
    return operation.node.contract.node(pointer, operation.node.document.uri)


def binding_surfaces(match: EventMatch) -> Iterator[Surface]:
    """Schemas in bindings: of message keys and headers, of a handshake's or request's query and headers."""
    assert match.before is not None
    assert match.after is not None
    for flow, before, after in exchanges(match):
        for one, two in message_pairs(before, after):
            if one is not None and two is not None:
                yield from schemas_in(match, "message", one.node, two.node, flow, f" of {one.name}")
    yield from schemas_in(match, "operation", match.before.node, match.after.node, match.flow, "")
    channels = channel_of(match.before), channel_of(match.after)
    if channels[0] is not None and channels[1] is not None:
        # A handshake is the client's, whoever sends the messages that follow it.
        yield from schemas_in(match, "channel", channels[0], channels[1], "consumed", "")


def schemas_in(
    match: EventMatch, place: str, before: Node, after: Node, flow: Flow, whose: str
) -> Iterator[Surface]:
    for protocol, name in schemas_of(place):
        one, two = said(before, "bindings", protocol, name), said(after, "bindings", protocol, name)
        if one is None and two is None:
            continue
        sides = [
            node if node is not None else replace(holder, pointer=f"{holder.pointer}/bindings", value={})
            for node, holder in ((one, before), (two, after))
        ]
        yield Surface(match.label, f"{protocol} {name}{whose}", flow, sides[0], sides[1])
