"""One pass over a document: every ``$ref``, ``$id`` and anchor that counts, and none that is data.

``$ref`` inside ``example``, ``default``, ``enum``, ``const`` or an extension is data. A member *named*
``$ref`` or ``example`` below ``properties`` is a schema's name. So the pass knows, for each object, whether
its members are keywords or names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from specs.kinds import Kind
from specs.pointers import pointer_of

DATA_KEYS = frozenset({"example", "default", "enum", "const"})
SCHEMA_MAPS = frozenset(
    {"properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"}
)
OPENAPI_MAPS = SCHEMA_MAPS | {
    "paths", "webhooks", "callbacks", "responses", "content", "encoding", "headers", "variables", "schemas",
    "parameters", "requestBodies", "securitySchemes", "links", "pathItems", "mediaTypes",
}  # fmt: skip
ASYNCAPI_MAPS = SCHEMA_MAPS | {
    "channels", "operations", "messages", "servers", "parameters", "schemas", "securitySchemes",
    "serverVariables", "variables", "replies", "replyAddresses", "correlationIds", "operationTraits",
    "messageTraits", "serverBindings", "channelBindings", "operationBindings", "messageBindings",
}  # fmt: skip
ROLES = {Kind.OPENAPI: OPENAPI_MAPS, Kind.ASYNCAPI: ASYNCAPI_MAPS, Kind.JSON_SCHEMA: SCHEMA_MAPS}

KEYWORDS, NAMES, EXAMPLES = range(3)
"""What the members of an object are: keywords of the format, names of things, or named examples."""

Path = tuple[Any, ...]
"""A linked list of tokens, ``(parent, token)``: cheap to extend, made a pointer only when needed."""
ROOT: Path = ()


class Reference(NamedTuple):
    """A ``$ref`` (or ``$dynamicRef``, ``$recursiveRef``) and the object it stands in."""

    path: Path
    keyword: str
    target: str
    resource: Path
    is_example: bool = False
    """Whether it leads to an Example Object, whose ``value`` is data."""


@dataclass(slots=True)
class Findings:
    """What one pass found; ``ids`` and ``anchors`` name the object and the schema resource around it."""

    references: list[Reference] = field(default_factory=list)
    ids: list[tuple[Path, str, Path]] = field(default_factory=list)
    anchors: list[tuple[Path, str, Path, str]] = field(default_factory=list)


def pointer_of_path(path: Path) -> str:
    """The JSON pointer of a linked path."""
    tokens: list[str | int] = []
    while path:
        path, token = path
        tokens.append(token)
    return pointer_of(reversed(tokens))


def path_of_tokens(tokens: list[str]) -> Path:
    """The linked path of tokens."""
    path: Path = ROOT
    for token in tokens:
        path = (path, token)
    return path


def is_schema_format(name: object) -> bool:
    """Whether an AsyncAPI ``schemaFormat`` is JSON Schema in some dialect, not Avro, Protobuf or RAML."""
    return isinstance(name, str) and ("schema+" in name or "asyncapi" in name or "openapi" in name)


def walk(
    value: Any, kind: Kind, start: Path = ROOT, resource: Path = ROOT, id_keyword: str = "$id"
) -> Findings:
    """All references, identifiers and anchors at or below ``value``, in document order.

    ``id_keyword`` is ``id`` in draft-04, ``$id`` from draft-06 on.
    """
    maps = ROLES[kind]
    findings = Findings()
    stack: list[tuple[Any, int, Path, Path]] = [(value, KEYWORDS, start, resource)]
    while stack:
        node, role, path, within = stack.pop()
        if type(node) is list:
            pending = [
                (item, KEYWORDS, (path, number), within)
                for number, item in enumerate(node)
                if type(item) is dict or type(item) is list
            ]
        elif type(node) is not dict:
            continue
        elif role == NAMES:
            pending = [
                (item, KEYWORDS, (path, name), within)
                for name, item in node.items()
                if type(item) is dict or type(item) is list
            ]
        elif role == EXAMPLES:
            for name, item in node.items():
                if type(item) is dict and type(item.get("$ref")) is str:
                    findings.references.append(Reference((path, name), "$ref", item["$ref"], within, True))
            continue
        else:
            if id_keyword in node:
                within = _identify(node[id_keyword], path, within, findings)
            _collect(node, path, within, findings)
            pending = _members(node, path, within, maps)
        pending.reverse()
        stack.extend(pending)
    return findings


def _members(node: dict[str, Any], path: Path, within: Path, maps: frozenset[str]) -> list[Any]:
    pending: list[tuple[Any, int, Path, Path]] = []
    foreign = "schemaFormat" in node and not is_schema_format(node["schemaFormat"])
    for key, item in node.items():
        kind = type(item)
        if kind is not dict and kind is not list:
            continue
        if key in maps:
            pending.append((item, NAMES, (path, key), within))
        elif key in DATA_KEYS or key.startswith("x-"):
            continue
        elif key == "examples":
            if kind is dict:
                pending.append((item, EXAMPLES, (path, key), within))
        elif not (foreign and key in ("schema", "payload")):
            pending.append((item, KEYWORDS, (path, key), within))
    return pending


def _collect(node: dict[str, Any], path: Path, within: Path, findings: Findings) -> None:
    target = node.get("$ref")
    if type(target) is str:
        findings.references.append(Reference(path, "$ref", target, within))
    if "$anchor" in node and type(node["$anchor"]) is str:
        findings.anchors.append((path, node["$anchor"], within, "$anchor"))
    if "$dynamicAnchor" in node and type(node["$dynamicAnchor"]) is str:
        findings.anchors.append((path, node["$dynamicAnchor"], within, "$dynamicAnchor"))
    if "$dynamicRef" in node and type(node["$dynamicRef"]) is str:
        findings.references.append(Reference(path, "$dynamicRef", node["$dynamicRef"], within))
    if "$recursiveRef" in node and type(node["$recursiveRef"]) is str:
        findings.references.append(Reference(path, "$recursiveRef", node["$recursiveRef"], within))


def _identify(name: Any, path: Path, within: Path, findings: Findings) -> Path:
    """Note an identifier; ``#name`` is an anchor up to draft-07, anything else begins a schema resource."""
    if type(name) is not str:
        return within
    if name.startswith("#"):
        findings.anchors.append((path, name[1:], within, "$id"))
        return within
    findings.ids.append((path, name, within))
    return path
