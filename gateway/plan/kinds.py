"""What a schema says a text may mean: the types a parameter is read as before it is validated.

Parameters travel as text; a schema speaks of numbers, booleans and lists. The types are looked up through
`$ref`, `allOf`, `anyOf` and `oneOf`, a bounded way down; what remains unknown is read as text first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.plan.validators import Schema

DEPTH_MAX = 12
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,39})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,39})(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "false": False}

Kinds = frozenset[str]
TEXT: Kinds = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text of one parameter becomes a JSON value: its own types, its items', its properties'."""

    kinds: Kinds
    items: Kinds = frozenset()
    properties: dict[str, Kinds] = field(default_factory=dict)
    shape: str = field(init=False, compare=False)
    """`array`, `object` or `scalar`."""

    def __post_init__(self) -> None:
        shape = next((shape for shape in ("array", "object") if shape in self.kinds), "scalar")
        object.__setattr__(self, "shape", shape)


def reading_of(schema: Schema) -> Reading:
    """The reading that a self-contained schema asks for."""
    items: set[str] = set()
    properties: dict[str, Kinds] = {}
    for part in _parts(schema, schema, DEPTH_MAX):
        if "items" in part:
            items |= kinds_of(part["items"], schema)
        for name, below in part.get("properties", {}).items():
            properties[name] = properties.get(name, frozenset()) | kinds_of(below, schema)
    return Reading(kinds_of(schema, schema), frozenset(items), properties)


def kinds_of(schema: Schema, root: Schema, depth: int = DEPTH_MAX) -> Kinds:
    """JSON types that the schema may accept; empty when it does not say."""
    if isinstance(schema, bool) or depth == 0:
        return frozenset()
    if "type" in schema:
        declared = schema["type"]
        return frozenset([declared] if isinstance(declared, str) else declared)
    if "enum" in schema or "const" in schema:
        return frozenset(_kind(value) for value in schema.get("enum", [schema.get("const")]))
    if "$ref" in schema:
        return kinds_of(target(schema["$ref"], root), root, depth - 1)
    for keyword in ("allOf", "anyOf", "oneOf"):
        found = frozenset[str]().union(*(kinds_of(part, root, depth - 1) for part in schema.get(keyword, ())))
        if found:
            return found
    return frozenset()


def _parts(schema: Schema, root: Schema, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(schema, bool) or depth == 0:
        return
    yield schema
    if "$ref" in schema:
        yield from _parts(target(schema["$ref"], root), root, depth - 1)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()):
            yield from _parts(part, root, depth - 1)


def target(reference: str, root: Schema) -> Schema:
    """What a reference within a self-contained schema leads to; True where it leads nowhere."""
    value: Any = root
    for token in reference.removeprefix("#").split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value.get(name, True) if isinstance(value, dict) else True
    return value if isinstance(value, dict | bool) else True


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    for kind, types in (("string", str), ("integer", int), ("number", float), ("array", list)):
        if isinstance(value, types):
            return kind
    return "object"


def candidates(text: str, kinds: Kinds) -> list[Any]:
    """What a text may mean under these types, the likeliest first; never empty.

    A text that fits none of the types stays text, so that the validator says what was expected.
    """
    found: list[Any] = []
    if kinds == TEXT:
        return [text]
    if not kinds:
        found.append(text)
    if (not kinds or "boolean" in kinds) and text in _BOOLEANS:
        found.append(_BOOLEANS[text])
    if (not kinds or "integer" in kinds or "number" in kinds) and _INTEGER.fullmatch(text):
        found.append(int(text))
    elif (not kinds or "number" in kinds) and _NUMBER.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            found.append(number)
    if "null" in kinds and not text:
        found.append(None)
    if "string" in kinds or not found:
        found.append(text)
    return found
