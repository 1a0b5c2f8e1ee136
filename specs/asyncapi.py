"""One reading of an AsyncAPI 2.6 or 3.0 contract: which events cross which channel, in which direction.

The direction is the application's own, as in AsyncAPI 3.0. Version 2.6 says it from the other side: what
others publish to the application (``publish``) is ``receive`` here, and ``subscribe`` is ``send``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from specs.dialects import with_format
from specs.errors import SpecError
from specs.model import Contract, Kind, Node

Action = Literal["send", "receive"]
DEFAULT_CONTENT_TYPE = "application/json"
COMPOSITION_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Message:
    """``event_type`` is the CloudEvents ``type`` the schemas fix, else the message's name.

    ``headers`` of a message and of its traits are not merged member by member: the one that wins counts.
    """

    name: str
    event_type: str
    content_type: str
    payload: Node | None
    headers: Node | None
    node: Node


@dataclass(frozen=True, slots=True)
class EventOperation:
    """``channel`` is the channel's name in the document, ``address`` what it is called on the wire."""

    operation_id: str
    action: Action
    channel: str
    address: str
    messages: tuple[Message, ...]
    reply_messages: tuple[Message, ...]
    node: Node


def event_operations(contract: Contract) -> tuple[EventOperation, ...]:
    """All operations in document order; computed once per contract. SpecError when a reference fails."""
    found: tuple[EventOperation, ...] | None = contract.memo.get("event_operations")
    if found is None:
        if contract.kind is not Kind.ASYNCAPI:
            found = ()
        elif contract.document.spec_version.startswith("2."):
            found = tuple(_operations_2(contract))
        else:
            found = tuple(_operations_3(contract))
        contract.memo["event_operations"] = found
    return found


def _operations_2(contract: Contract) -> Iterator[EventOperation]:
    actions: tuple[tuple[str, Action], ...] = (("publish", "receive"), ("subscribe", "send"))
    for name, written in _members(contract.root.child("channels")):
        channel = written.resolved()
        for keyword, action in actions:
            node = channel.child(keyword)
            if node is None or not isinstance(node.value, dict):
                continue
            message = node.child("message")
            messages = tuple(_messages_2(message)) if message is not None else ()
            operation_id = _text(node, "operationId") or f"{action}:{name}"
            yield EventOperation(operation_id, action, name, name, messages, (), node)


def _messages_2(written: Node) -> Iterator[Message]:
    target = written.resolved()
    several = target.child("oneOf")
    for _, one in several.items() if several is not None else [("", written)]:
        yield _message(one, one.resolved(), trait_wins=True)


def _operations_3(contract: Contract) -> Iterator[EventOperation]:
    for name, written in _members(contract.root.child("operations")):
        node = written.resolved()
        action = _text(node, "action")
        channel = node.child("channel")
        if channel is None or action not in ("send", "receive"):
            continue
        target = channel.resolved()
        address = _text(target, "address")
        yield EventOperation(
            operation_id=name,
            action="send" if action == "send" else "receive",
            channel=target.token,
            address=address or target.token,
            messages=tuple(_messages_3(node, target)),
            reply_messages=tuple(_reply_messages(node)),
            node=node,
        )


def _messages_3(operation: Node, channel: Node) -> Iterator[Message]:
    """Those the operation lists; all of the channel's when it lists none (AsyncAPI 3.0, Operation Object)."""
    listed = operation.child("messages")
    source = listed if listed is not None else channel.child("messages")
    for _, written in source.items() if source is not None else ():
        yield _message(written, written.resolved(), trait_wins=False)


def _reply_messages(operation: Node) -> Iterator[Message]:
    reply = operation.child("reply")
    if reply is None:
        return
    target = reply.resolved()
    channel = target.child("channel")
    yield from _messages_3(target, channel.resolved() if channel is not None else target)


def _message(written: Node, node: Node, *, trait_wins: bool) -> Message:
    """2.6 merges traits over the message (JSON Merge Patch); in 3.0 the message's own members win."""
    traits = node.child("traits")
    layers = [trait.resolved() for _, trait in traits.items()] if traits is not None else []
    layers = [*reversed(layers), node] if trait_wins else [node, *reversed(layers)]
    default = _text(node.contract.root, "defaultContentType") or DEFAULT_CONTENT_TYPE
    name = _first_text(layers, "name") or _name_from(written) or node.token
    headers = next((found for layer in layers if (found := layer.child("headers")) is not None), None)
    payload = node.child("payload")
    payload = with_format(payload) if payload is not None else None
    headers = with_format(headers) if headers is not None else None
    return Message(
        name=name,
        event_type=_event_type(payload, headers) or name,
        content_type=_first_text(layers, "contentType") or default,
        payload=payload,
        headers=headers,
        node=node,
    )


def _name_from(written: Node) -> str:
    """The name a channel or ``components`` gives to the message."""
    reference = written.value.get("$ref") if isinstance(written.value, dict) else None
    return reference.rpartition("/")[2] if isinstance(reference, str) else ""


def _event_type(payload: Node | None, headers: Node | None) -> str:
    for schema, members in ((payload, ("type",)), (headers, ("ce_type", "ce-type", "type"))):
        for member in members:
            found = _fixed_text(schema, member, 0) if schema is not None else ""
            if found:
                return found
    return ""


def _fixed_text(schema: Node, member: str, depth: int) -> str:
    """The one string a schema lets the member be, through references and ``allOf``; ``""`` if not fixed."""
    if depth > COMPOSITION_DEPTH_MAX:
        return ""
    try:
        target = with_format(schema.resolved())
    except SpecError:
        return ""
    found = target.child("properties", member)
    if found is not None:
        value = found.resolved().value
        if isinstance(value, dict):
            enum = value.get("enum")
            fixed = value.get("const", enum[0] if isinstance(enum, list) and len(enum) == 1 else None)
            if isinstance(fixed, str):
                return fixed
    parts = target.child("allOf")
    candidates = (_fixed_text(part, member, depth + 1) for _, part in (parts.items() if parts else ()))
    return next((text for text in candidates if text), "")


def _first_text(layers: list[Node], member: str) -> str:
    return next((text for layer in layers if (text := _text(layer, member))), "")


def _text(node: Node, member: str) -> str:
    value = node.value.get(member) if isinstance(node.value, dict) else None
    return value if isinstance(value, str) else ""


def _members(node: Node | None) -> Iterator[tuple[str, Node]]:
    if node is not None and isinstance(node.value, dict):
        yield from node.items()
