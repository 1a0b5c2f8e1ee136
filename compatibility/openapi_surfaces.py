"""The surfaces of matched OpenAPI operations: pairs of schemas with the direction their bytes flow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from compatibility.changes import Surface
from compatibility.judging import Flow, other
from compatibility.media_types import covering, in_parts, lookup, normal, structured
from compatibility.openapi_matching import Match
from compatibility.places import key_of
from compatibility.text_forms import HEADER, body_form, parameter_form
from specs.model import Node
from specs.openapi import Header, MediaType, Operation, Parameter, Response

TEMPLATE = re.compile(r"\{([^{}]*)\}")


def surfaces(match: Match) -> Iterator[Surface]:
    """Bodies, parameters and headers that both sides have."""
    if match.before is None or match.after is None:
        return
    flow: Flow = "consumed" if match.role == "served" else "produced"
    before, after = match.before.operation, match.after.operation
    for one, two in parameter_pairs(before, after):
        if two is None:
            continue
        where = f"{one.location} parameter `{one.name}`"
        if one.schema is not None and two.schema is not None:
            old, new = one.schema, two.schema
            if flow == "consumed" and read_as_list(one, two):
                items = new.resolved().child("items")
                new = items if items is not None else new
            yield Surface(match.label, where, flow, old, new, text=parameter_form(one))
        elif one.content and two.content:
            yield from bodies(match, where, one.content, two.content, flow)
    if before.request_body is not None and after.request_body is not None:
        yield from bodies(match, "request", before.request_body.content, after.request_body.content, flow)
    yield from response_surfaces(match, before, after, other(flow))


def response_surfaces(match: Match, before: Operation, after: Operation, flow: Flow) -> Iterator[Surface]:
    """Bodies and headers of each answer that can be sent, against what was told about it."""
    for status, old, new in answer_pairs(match, before, after):
        yield from bodies(match, f"{status} response", old.content, new.content, flow)
        for one, two in header_pairs(old, new):
            if two is None:
                continue
            where = f"header `{one.name}` of the {status} response"
            if one.schema is not None and two.schema is not None:
                yield Surface(match.label, where, flow, one.schema, two.schema, text=HEADER)
            yield from bodies(match, where, content_of(one.node), content_of(two.node), flow)


def answer_pairs(
    match: Match, before: Operation, after: Operation
) -> Iterator[tuple[str, Response, Response]]:
    """Each status that both sides answer for, with what each says of it: exactly, by range or by default.

    A status is told apart when either side names it: one that is no longer named may still be sent, and is
    then what the range or `default` says. We write the answers of what we serve, a subscriber those of what
    we call; what the writer names comes first.
    """
    writer, reader = (after, before) if match.role == "served" else (before, after)
    named = (response.status for side in (writer, reader) for response in side.responses)
    for status in {one.upper(): one for one in named}.values():
        told, now = lookup(status, before.responses), lookup(status, after.responses)
        if told is not None and now is not None:
            yield status, told, now


def header_pairs(before: Response, after: Response) -> Iterator[tuple[Header, Header | None]]:
    """Each earlier header with its partner; names are case-insensitive (RFC 9110 section 5.1)."""
    known = {header.name.lower(): header for header in after.headers}
    for header in before.headers:
        yield header, known.get(header.name.lower())


def content_of(node: Node) -> tuple[MediaType, ...]:
    """The media types of a header or parameter that is written as `content`."""
    holder = node.child("content")
    pairs = holder.items() if holder is not None else ()
    return tuple(MediaType(name, media.child("schema"), media) for name, media in pairs)


def bodies(
    match: Match, where: str, before: tuple[MediaType, ...], after: tuple[MediaType, ...], flow: Flow
) -> Iterator[Surface]:
    """Each media type that either side names, with the entries that cover it on both sides."""
    writer, reader = (before, after) if flow == "consumed" else (after, before)
    for name in {normal(one.name): one.name for one in (*writer, *reader)}.values():
        found = covering(name, before), covering(name, after)
        if found[0] is None or found[1] is None:
            continue
        old, new = (replace(one, name=name) for one in found if one is not None)
        if is_binary(old.schema) and is_binary(new.schema):
            continue
        parts, text = in_parts(name), body_form(old if flow == "consumed" else new)
        yield Surface(
            match.label,
            where,
            flow,
            described(old),
            described(new),
            text=text,
            parts=parts,
            media=normal(name),
        )


def parted_places(found: Iterable[Surface]) -> Iterator[tuple[str, str]]:
    """The schemas of forms and of message headers; one that other places share may hold any value there."""
    for surface in found:
        for node in (surface.before, surface.after) if surface.parts else ():
            own = node is not None and isinstance(node.value, dict) and "$ref" not in node.value
            if node is not None and own and not node.pointer.startswith("/components/schemas/"):
                yield key_of(node)


def described(media: MediaType) -> Node:
    """The schema of a body; one that is not written says any value, or any text where all is text."""
    if media.schema is not None:
        return media.schema
    value = {} if structured(media.name) else {"type": "string"}
    return Node(media.node.contract, media.node.document, media.node.pointer + "/schema", value)


def read_as_list(one: Parameter, two: Parameter) -> bool:
    """Whether a plain value that was sent is now read as a list of one: `?t=a` with form style exploded."""
    if two.style != "form" or not two.explode or one.schema is None or two.schema is None:
        return False
    former, now = one.schema.resolved().value, two.schema.resolved().value
    if not isinstance(former, dict) or not isinstance(now, dict):
        return False
    kinds, kind = former.get("type"), now.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds or []
    plain = bool(kinds) and not {"array", "object"} & set(kinds)
    short = now.get("minItems", 0) <= 1 and now.get("maxItems", 1) >= 1 and "contains" not in now
    alone = set(now) & {"anyOf", "allOf", "oneOf", "not", "if", "enum", "const", "prefixItems"} == set()
    return plain and short and alone and "array" in ([kind] if isinstance(kind, str) else kind or [])


def is_binary(schema: Node | None) -> bool:
    """Raw bytes: no schema (OpenAPI 3.1) and `format: binary` (3.0) say the same."""
    if schema is None:
        return True
    value = schema.value
    return isinstance(value, dict) and value.get("type") == "string" and value.get("format") == "binary"


@dataclass(frozen=True, slots=True)
class Positions:
    """Path parameters by position: their names differ freely."""

    names: tuple[str, ...]

    def of(self, name: str) -> int:
        return self.names.index(name) if name in self.names else -1


def parameter_pairs(before: Operation, after: Operation) -> Iterator[tuple[Parameter, Parameter | None]]:
    """Each earlier parameter with its partner: by name and location, in paths by position."""
    places = [Positions(tuple(TEMPLATE.findall(one.path))) for one in (before, after)]
    known = {identity(one, places[1]): one for one in expanded(after)}
    for one in expanded(before):
        yield one, known.get(identity(one, places[0]))


def added_parameters(before: Operation, after: Operation) -> Iterator[Parameter]:
    places = [Positions(tuple(TEMPLATE.findall(one.path))) for one in (before, after)]
    known = {identity(one, places[0]) for one in expanded(before)}
    for one in expanded(after):
        if identity(one, places[1]) not in known and one.location != "path":
            yield one


def identity(parameter: Parameter, positions: Positions) -> tuple[str, str | int]:
    if parameter.location == "path":
        return "path", positions.of(parameter.name)
    name = parameter.name.lower() if parameter.location == "header" else parameter.name
    return parameter.location, name


def expanded(operation: Operation) -> Iterator[Parameter]:
    """An exploded form object in the query is one parameter per member (OpenAPI 3.1, Style Values)."""
    for parameter in operation.parameters:
        members = exploded_members(parameter)
        if members is None:
            yield parameter
            continue
        required = (
            parameter.schema.resolved().value.get("required", []) if parameter.schema is not None else []
        )
        for name, schema in members:
            yield replace(
                parameter, name=name, schema=schema, required=parameter.required and name in required
            )


def exploded_members(parameter: Parameter) -> list[tuple[str, Node]] | None:
    if parameter.location != "query" or parameter.style != "form" or not parameter.explode:
        return None
    schema = parameter.schema.resolved() if parameter.schema is not None else None
    if schema is None or not isinstance(schema.value, dict) or schema.value.get("type") != "object":
        return None
    properties = schema.child("properties")
    if properties is None or schema.value.get("additionalProperties") not in (None, False):
        return None
    return list(properties.items())
