"""Every schema a contract puts in force, and which way its values travel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specs.asyncapi import event_operations
from specs.dialects import with_format
from specs.model import Contract, Kind, Node
from specs.openapi import operations

ONE = (
    "additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "additionalItems",
)  # fmt: skip
MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
NAMED = ("properties", "patternProperties", "dependentSchemas")

CONSUMED, PRODUCED = 1, 2
"""Who writes the value: the caller (a request body), or the contract's owner (a response)."""


@dataclass(frozen=True, slots=True)
class SchemaUse:
    """A schema where it is written; ``directions`` is ``CONSUMED``, ``PRODUCED`` or both."""

    node: Node
    directions: int


@dataclass(frozen=True, slots=True)
class Property:
    """A member some object schema names: the schema as written, and where its references end."""

    name: str
    written: Node
    schema: Node


def schemas_in_use(contract: Contract) -> tuple[SchemaUse, ...]:
    """All schemas reachable from operations, each once; for a JSON Schema those reachable from the root."""
    found: tuple[SchemaUse, ...] | None = contract.memo.get("schemas_in_use")
    if found is None:
        found = contract.memo["schemas_in_use"] = tuple(_collect(contract))
    return found


def properties_in_use(contract: Contract) -> Iterator[Property]:
    """All named members of all schemas in use, each where it is written."""
    for use in schemas_in_use(contract):
        listed = use.node.child("properties")
        if listed is not None and isinstance(listed.value, dict):
            for name, written in listed.items():
                yield Property(name, written, written.resolved())


def types_of(schema: Any) -> frozenset[str]:
    """The names ``type`` gives, one or a list; none where the value is no object or says something else."""
    said = schema.get("type") if isinstance(schema, dict) else None
    return frozenset(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def roots(contract: Contract) -> Iterator[tuple[Node, int]]:
    """The schemas of bodies, parameters, headers, messages, and their direction."""
    if contract.kind is Kind.JSON_SCHEMA:
        yield contract.root, CONSUMED | PRODUCED
    for operation in operations(contract):
        for parameter in operation.parameters:
            yield from ((part.schema, CONSUMED) for part in parameter.content if part.schema)
            if parameter.schema is not None:
                yield parameter.schema, CONSUMED
        if operation.request_body is not None:
            yield from ((part.schema, CONSUMED) for part in operation.request_body.content if part.schema)
        for response in operation.responses:
            yield from ((part.schema, PRODUCED) for part in response.content if part.schema)
            yield from ((header.schema, PRODUCED) for header in response.headers if header.schema)
    for event in event_operations(contract):
        direction = PRODUCED if event.action == "send" else CONSUMED
        for message in event.messages:
            yield from ((schema, direction) for schema in (message.payload, message.headers) if schema)
        for message in event.reply_messages:
            yield from ((s, CONSUMED + PRODUCED - direction) for s in (message.payload, message.headers) if s)


def _collect(contract: Contract) -> Iterator[SchemaUse]:
    directions: dict[tuple[str, str], int] = {}
    nodes: dict[tuple[str, str], Node] = {}
    pending = [(node, direction) for node, direction in roots(contract)]
    while pending:
        node, direction = pending.pop()
        node = with_format(node)
        key = (node.document.uri, node.pointer)
        known = directions.get(key, 0)
        if known | direction == known or not isinstance(node.value, dict):
            continue
        directions[key] = known | direction
        nodes[key] = node
        pending.extend((below, direction) for below in _below(node))
    for key, node in nodes.items():
        yield SchemaUse(node, directions[key])


def _below(node: Node) -> Iterator[Node]:
    if isinstance(node.value.get("$ref"), str):
        yield node.referenced()
    for keyword in ONE:
        inner = node.child(keyword) if keyword in node.value else None
        if inner is not None and isinstance(inner.value, dict):
            yield inner
        elif inner is not None and keyword == "items" and isinstance(inner.value, list):
            yield from (item for _, item in inner.items())
    for keyword in (*MANY, *NAMED):
        inner = node.child(keyword) if keyword in node.value else None
        if inner is not None:
            yield from (item for _, item in inner.items())
