"""A contract as a page shows it: operations, parameters, bodies, messages, schemas as rows, examples. Pure.

Schemas are shown as rows, a member each, indented by depth. What repeats itself or goes deeper than
`DEPTH_MAX` is named and not unfolded, so that a page has a bounded size whatever the contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specs.asyncapi import EventOperation, Message, event_operations
from specs.model import Contract, Kind, Node
from specs.openapi import MediaType, Operation, Parameter, operations

DEPTH_MAX = 6
ROWS_MAX = 300
"""Rows of one schema."""
OPERATIONS_MAX = 2_000
SCHEMAS_MAX = 500
SCHEMA_ANCHOR = "schema:"
"""Begins the anchor of a schema, so that it is told from an operationId."""
EXAMPLE_CHARS_MAX = 8_000
VALUES_MAX = 30
"""Values of an enumeration that are listed."""
BOUNDS = (
    ("minLength", "at least {} characters"), ("maxLength", "at most {} characters"),
    ("pattern", "matches {}"), ("minimum", "at least {}"), ("maximum", "at most {}"),
    ("exclusiveMinimum", "above {}"), ("exclusiveMaximum", "below {}"), ("multipleOf", "a multiple of {}"),
    ("minItems", "at least {} items"), ("maxItems", "at most {} items"), ("const", "always {}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A member of a schema: how deep, its name, type, what is said of it."""

    depth: int
    name: str
    type: str
    required: bool
    deprecated: bool
    description: str
    bounds: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A body, an answer, a header or a payload: its title, media type, rows and examples."""

    title: str
    media_type: str
    description: str
    rows: tuple[Row, ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation of an API or of an event contract."""

    anchor: str
    verb: str
    target: str
    summary: str
    description: str
    deprecated: bool
    scopes: tuple[str, ...]
    parameters: tuple[Row, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole of a contract; ``left_out`` counts operations beyond `OPERATIONS_MAX`."""

    title: str
    description: str
    entries: tuple[Entry, ...]
    left_out: int = 0
    schemas: tuple[Entry, ...] = ()
    """Those under ``components/schemas``, at most `SCHEMAS_MAX`."""


def reference_of(contract: Contract) -> Reference:
    """The reference of an OpenAPI or AsyncAPI contract; a JSON Schema is one entry."""
    found: list[Entry]
    if contract.kind is Kind.OPENAPI:
        found = [http_entry(one) for one in operations(contract)[:OPERATIONS_MAX]]
        total = len(operations(contract))
    elif contract.kind is Kind.ASYNCAPI:
        found = [event_entry(one) for one in event_operations(contract)[:OPERATIONS_MAX]]
        total = len(event_operations(contract))
    else:
        parts = (Part("Schema", "", "", tuple(Rows().of(contract.root)), examples(contract.root)),)
        found = [Entry("schema", "SCHEMA", contract.title, "", text(contract.root), False, (), (), parts)]
        total = 1
    info = contract.root.child("info")
    description = text(info) if info is not None else text(contract.root)
    return Reference(
        contract.title, description, tuple(found), total - len(found), tuple(schema_entries(contract))
    )


def schema_entries(contract: Contract) -> Iterator[Entry]:
    """The schemas that the contract names itself."""
    components = contract.root.child("components")
    schemas = components.child("schemas") if components is not None else None
    for name, schema in list(schemas.items())[:SCHEMAS_MAX] if schemas is not None else ():
        target = schema.resolved()
        part = Part("Members", "", "", tuple(Rows().of(schema)), examples(target))
        kind = facts_of(target)
        anchor = f"{SCHEMA_ANCHOR}{name}"
        yield Entry(
            anchor, "SCHEMA", name, kind.type, kind.description, kind.deprecated, (), (), (part,)
        )  # fmt: skip


def http_entry(operation: Operation) -> Entry:
    """One operation below ``paths``."""
    parts: list[Part] = []
    if operation.request_body is not None:
        title = "Request body" if operation.request_body.required else "Request body, optional"
        said = text(operation.request_body.node)
        parts.extend(media_part(title, said, media) for media in operation.request_body.content)
    for response in operation.responses:
        title, said = f"Answer {response.status}", text(response.node)
        if not response.content:
            parts.append(Part(title, "", said, (), ()))
        parts.extend(media_part(title, said, media) for media in response.content)
    scopes = {scope for option in operation.security for use in option for scope in use.scopes}
    return Entry(
        anchor=operation.operation_id or f"{operation.method}-{operation.path}",
        verb=operation.method,
        target=operation.path,
        summary=operation.summary,
        description=text(operation.node),
        deprecated=operation.deprecated,
        scopes=tuple(sorted(scopes)),
        parameters=tuple(parameter_row(one) for one in operation.parameters),
        parts=tuple(parts),
    )


def event_entry(operation: EventOperation) -> Entry:
    """One operation of an event contract."""
    parts = [part for message in operation.messages for part in message_parts("Message", message)]
    parts += [part for message in operation.reply_messages for part in message_parts("Reply", message)]
    return Entry(
        anchor=operation.operation_id,
        verb=operation.action.upper(),
        target=operation.address,
        summary=word(operation.node, "summary") or word(operation.node, "title"),
        description=text(operation.node),
        deprecated=operation.node.value.get("deprecated") is True,
        scopes=(),
        parameters=(),
        parts=tuple(parts),
    )


def message_parts(title: str, message: Message) -> Iterator[Part]:
    """The payload and the headers of a message."""
    named = f"{title} {message.name}"
    if message.payload is not None:
        rows = tuple(Rows().of(message.payload))
        yield Part(named, message.content_type, text(message.node), rows, examples(message.node))
    if message.headers is not None:
        yield Part(f"{named}, headers", "", "", tuple(Rows().of(message.headers)), ())


def media_part(title: str, description: str, media: MediaType) -> Part:
    """One media type of a body."""
    rows = tuple(Rows().of(media.schema)) if media.schema is not None else ()
    return Part(title, media.name, description, rows, examples(media.node))


def parameter_row(parameter: Parameter) -> Row:
    """A parameter as a row; its name says where it stands."""
    schema = parameter.schema
    if schema is None and parameter.content:
        schema = parameter.content[0].schema
    facts = facts_of(schema.resolved()) if schema is not None else Facts()
    return Row(
        0,
        f"{parameter.name} ({parameter.location})",
        facts.type,
        parameter.required,
        parameter.deprecated,
        text(parameter.node) or facts.description,
        facts.bounds,
        facts.values,
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """What one schema says without its members."""

    type: str = "any"
    description: str = ""
    bounds: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    deprecated: bool = False


def facts_of(schema: Node) -> Facts:
    """Type, bounds and values of a schema whose references are followed."""
    value = schema.value
    if not isinstance(value, dict):
        return Facts("nothing" if value is False else "any")
    said = [template.format(compact(value[word])) for word, template in BOUNDS if word in value]
    listed = value.get("enum", value.get("x-extensible-enum"))
    values = [compact(one) for one in listed] if isinstance(listed, list) else []
    if len(values) > VALUES_MAX:
        values = [*values[:VALUES_MAX], f"and {len(values) - VALUES_MAX} more"]
    if "x-extensible-enum" in value:
        said.append("more values may come")
    said += [told for keyword, told in WAYS if value.get(keyword) is True]
    deprecated = value.get("deprecated") is True
    return Facts(type_of(schema), text(schema), tuple(said), tuple(values), deprecated)


def type_of(schema: Node) -> str:
    """The type in words: ``string (date)``, ``array of Line``, ``one of 3``."""
    value: Mapping[str, Any] = schema.value
    said = value.get("type")
    names = [one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)]
    if value.get("nullable") is True:
        names.append("null")
    if "array" in names:
        names[names.index("array")] = f"array of {item_type(schema)}"
    shown = " or ".join(names)
    if not shown:
        shown = next(
            (f"{word} {len(value[key])}" for key, word in CHOICES if isinstance(value.get(key), list)), ""
        )
    if not shown:
        shown = "object" if "properties" in value else "any"
    style = value.get("format")
    return f"{shown} ({style})" if isinstance(style, str) else shown


WAYS = (("readOnly", "in answers only"), ("writeOnly", "in requests only"))
CHOICES = (("oneOf", "one of"), ("anyOf", "any of"), ("allOf", "all of"))


def item_type(schema: Node) -> str:
    """What an array holds: the name of its schema where it has one."""
    items = schema.child("items")
    if items is None:
        return "any"
    target = items.resolved()
    return last_name(items) or (type_of(target) if isinstance(target.value, dict) else "any")


@dataclass(slots=True)
class Rows:
    """Unfolds one schema into rows."""

    count: int = 0
    open: list[tuple[str, str]] = field(default_factory=list)

    def of(self, schema: Node, depth: int = 0) -> Iterator[Row]:
        """The rows of a schema's members, those of its parts and items included."""
        target = schema.resolved()
        place = (target.document.uri, target.pointer)
        if (
            not isinstance(target.value, dict)
            or place in self.open
            or depth > DEPTH_MAX
            or self.count >= ROWS_MAX
        ):
            return
        self.open.append(place)
        try:
            yield from self.members(target, depth)
            for keyword, label in CHOICES:
                options = target.child(keyword)
                for index, option in options.items() if options is not None else ():
                    if keyword != "allOf":
                        title = (
                            word(option.resolved(), "title")
                            or last_name(option)
                            or f"choice {int(index) + 1}"
                        )
                        yield from self.row(f"{label.split()[0]}: {title}", option, depth, required=False)
                    yield from self.of(option, depth if keyword == "allOf" else depth + 1)
            items = target.child("items")
            if items is not None:
                yield from self.of(items, depth)
        finally:
            self.open.pop()

    def members(self, target: Node, depth: int) -> Iterator[Row]:
        """The named members, each with what is below it."""
        listed = target.value.get("required")
        required = set(map(str, listed)) if isinstance(listed, list) else set()
        properties = target.child("properties")
        for name, member in properties.items() if properties is not None else ():
            yield from self.row(name, member, depth, required=name in required)
            yield from self.of(member, depth + 1)

    def row(self, name: str, schema: Node, depth: int, *, required: bool) -> Iterator[Row]:
        """One row, unless there are too many."""
        if self.count >= ROWS_MAX:
            return
        self.count += 1
        facts = facts_of(schema.resolved())
        kind = f"object {last_name(schema)}" if facts.type == "object" and last_name(schema) else facts.type
        said = word(schema, "description") or facts.description
        yield Row(depth, name, kind, required, facts.deprecated, said, facts.bounds, facts.values)


def last_name(schema: Node) -> str:
    """The name a reference ends with."""
    written = schema.value.get("$ref") if isinstance(schema.value, dict) else None
    return written.rpartition("/")[2] if isinstance(written, str) else ""


def examples(node: Node) -> tuple[tuple[str, str], ...]:
    """``example`` and ``examples`` of a place: name and JSON text."""
    found: list[tuple[str, str]] = []
    if isinstance(node.value, dict) and "example" in node.value:
        found.append(("example", shown(node.value["example"])))
    listed = node.child("examples")
    for name, one in listed.items() if listed is not None else ():
        target = one.resolved().value
        if isinstance(target, dict) and ("value" in target or "payload" in target):
            title = target.get("name") or target.get("summary") or name
            found.append((str(title), shown(target.get("value", target.get("payload")))))
        elif not isinstance(target, dict) or node.contract.kind is Kind.JSON_SCHEMA:
            found.append((f"example {name}", shown(target)))
    return tuple(found)


def shown(value: Any) -> str:
    """JSON over several lines, cut off when it is long."""
    written = json.dumps(value, indent=2, ensure_ascii=False)
    return written if len(written) <= EXAMPLE_CHARS_MAX else written[:EXAMPLE_CHARS_MAX] + "\n..."


def compact(value: Any) -> str:
    """JSON on one line; a text stands as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def text(node: Node) -> str:
    """Its description, else its summary."""
    return word(node, "description") or word(node, "summary")


def word(node: Node, name: str) -> str:
    """A text member of a place; "" when there is none."""
    value = node.value.get(name) if isinstance(node.value, dict) else None
    return value.strip() if isinstance(value, str) else ""
