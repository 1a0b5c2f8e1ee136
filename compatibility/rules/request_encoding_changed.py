"""A part of a form or multipart body must be encoded differently, or has other headers.

Only forms and multipart bodies have parts. Without `encoding` the media type of a part follows from its
schema (OpenAPI 3.1, Encoding Object); to write that down changes nothing. In webhooks and callbacks we write
the parts, and the receiver must be able to read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compatibility.changes import ContractChange, Draft, quoted
from compatibility.drafting import NEW_MAJOR, draft
from compatibility.media_types import covering, covers, normal
from compatibility.openapi_matching import pairs
from compatibility.text_values import kinds_of
from specs.model import Node
from specs.openapi import MediaType

MIRROR = "there is none: `encoding` says nothing of responses (OpenAPI 3.1, Media Type Object)"
FORM = "application/x-www-form-urlencoded"


def check(change: ContractChange) -> Iterator[Draft]:
    for match, before, after in pairs(change.matches):
        if before.request_body is None or after.request_body is None:
            continue
        called = match.role == "called"
        for one in before.request_body.content:
            two = covering(one.name, after.request_body.content)
            if two is None or not (is_form(one) or is_multipart(one)):
                continue
            differing: dict[str, list[str]] = {}
            for name in parts(one, two):
                what = difference(name, *((two, one) if called else (one, two)))
                if what is not None:
                    differing.setdefault(what, []).append(name)
            for what, names in differing.items():
                named = f"part{'s' if len(names) > 1 else ''} {quoted(names)}"
                yield draft(
                    "request-encoding-changed",
                    match.label,
                    (one.node, two.node),
                    f"{match.label} {'sends' if called else 'reads'} {named} of {one.name} bodies "
                    f"differently: {what}",
                    f"Keep the former encoding, {NEW_MAJOR}",
                    ("encoding", one.name, *names, what),
                    direction="produced" if called else "consumed",
                )


def parts(one: MediaType, two: MediaType) -> list[str]:
    """The parts that some side says an encoding of."""
    return sorted({*encodings(one), *encodings(two)})


def encodings(media: MediaType) -> dict[str, Any]:
    held = media.node.value.get("encoding") if isinstance(media.node.value, dict) else None
    return held if isinstance(held, dict) else {}


def difference(name: str, writer: MediaType, reader: MediaType) -> str | None:
    """Why a reader does not take what a writer sends of one part; None when it does."""
    written, read = encodings(writer).get(name) or {}, encodings(reader).get(name) or {}
    if "contentType" in written or "contentType" in read:
        sent = content_types(written, writer, name)
        taken = content_types(read, reader, name)
        if sent and taken and not all(any(covers(wide, one) for wide in taken) for one in sent):
            return f"the content type is {', '.join(sent)} on one side and {', '.join(taken)} on the other"
    if is_form(writer) or (styled_parts(writer) and ("style" in written or "style" in read)):
        styles = [held.get("style", "form") for held in (written, read)]
        if compound(name, writer) and compound(name, reader):
            if styles[0] != styles[1]:
                return f"style {styles[1]} on one side and {styles[0]} on the other"
            if exploded(written) != exploded(read):
                return "lists are exploded on one side only"
        if written.get("allowReserved") is True and read.get("allowReserved") is not True:
            return "reserved characters must be escaped"
    missing = required_headers(read) - required_headers(written) if is_multipart(writer) else set()
    return f"header `{min(missing)}` must be there" if missing else None


def compound(name: str, media: MediaType) -> bool:
    """Whether a part may be a list or an object; plain values look the same in every style."""
    return bool({"array", "object"} & kinds_of(part_schema(name, media)))


def part_schema(name: str, media: MediaType) -> Node | None:
    return media.schema.resolved().child("properties", name) if media.schema is not None else None


def is_form(media: MediaType) -> bool:
    return normal(media.name).split(";")[0] == FORM


def is_multipart(media: MediaType) -> bool:
    return normal(media.name).startswith("multipart/")


def styled_parts(media: MediaType) -> bool:
    """Only since OpenAPI 3.1 the parts of a multipart body may have a style."""
    return not media.node.document.spec_version.startswith("3.0")


def exploded(encoding: dict[str, Any]) -> bool:
    return bool(encoding.get("explode", encoding.get("style", "form") == "form"))


def content_types(encoding: dict[str, Any], media: MediaType, name: str) -> list[str]:
    """The media types a part may have: as written, else what follows from its schema; maybe none."""
    if isinstance(encoding.get("contentType"), str):
        return [one.strip() for one in encoding["contentType"].split(",")]
    usual = usual_type(part_schema(name, media))
    return [usual] if usual is not None else []


def usual_type(schema: Node | None) -> str | None:
    """What a part of a schema is when nobody says so; None when the schema names no type."""
    found = schema.resolved() if schema is not None else None
    value = found.value if found is not None and isinstance(found.value, dict) else {}
    kind = value.get("type")
    if kind == "array" and found is not None:
        return usual_type(found.child("items"))
    if kind == "object" or (kind is None and "properties" in value):
        return "application/json"
    if value.get("format") in ("binary", "byte") or "contentEncoding" in value:
        return "application/octet-stream"
    return "text/plain" if isinstance(kind, str) else None


def required_headers(encoding: dict[str, Any]) -> set[str]:
    held = encoding.get("headers")
    named = held.items() if isinstance(held, dict) else ()
    return {name.lower() for name, one in named if isinstance(one, dict) and one.get("required") is True}
