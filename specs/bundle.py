"""One document out of a contract: references to other documents gathered under ``components``.

For tools that read a single document (openapi-core, openapi-spec-validator, schemathesis, Connexion). The
result keeps the format and dialect of the entry document; recursive schemas stay references.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from specs.dialects import dialect_of, dialect_of_uri
from specs.document import Document
from specs.errors import SpecError
from specs.model import Contract, Kind, Node
from specs.pointers import escape, tokens_of
from specs.walk import DATA_KEYS, EXAMPLES, KEYWORDS, NAMES, ROLES

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
FRAGMENT_SAFE = "/~!$&'()*+,;=:@?-._"
"""Characters RFC 3986 section 3.5 lets stand in a fragment."""

OPENAPI_SECTIONS = {
    "parameters": "parameters",
    "responses": "responses",
    "headers": "headers",
    "examples": "examples",
    "links": "links",
    "callbacks": "callbacks",
    "requestBody": "requestBodies",
    "requestBodies": "requestBodies",
    "securitySchemes": "securitySchemes",
    "paths": "pathItems",
    "webhooks": "pathItems",
    "pathItems": "pathItems",
}
ASYNCAPI_SECTIONS = {
    "message": "messages",
    "messages": "messages",
    "channel": "channels",
    "channels": "channels",
    "parameters": "parameters",
    "servers": "servers",
    "operations": "operations",
    "securitySchemes": "securitySchemes",
    "correlationId": "correlationIds",
    "reply": "replies",
}
SECTIONS: dict[Kind, Mapping[str, str]] = {
    Kind.OPENAPI: OPENAPI_SECTIONS,
    Kind.ASYNCAPI: ASYNCAPI_SECTIONS,
    Kind.JSON_SCHEMA: {},
}
IDENTIFIERS = frozenset({"$id", "$anchor"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """``value`` is the document; ``origins`` tells where each gathered part came from, by its pointer."""

    value: dict[str, Any] | bool
    origins: Mapping[str, Node]

    def origin_of(self, tokens: list[str], contract: Contract) -> tuple[Document, list[str]]:
        """The document and path the author wrote, for a path in the bundle."""
        for length in (3, 2):
            origin = self.origins.get("".join("/" + escape(token) for token in tokens[:length]))
            if origin is not None:
                return origin.document, [*tokens_of(origin.pointer), *tokens[length:]]
        return contract.document, tokens


def bundled_document(contract: Contract) -> dict[str, Any]:
    """The whole contract as one new document the caller may change.

    ``$id`` and ``$anchor`` are removed and what refers to them refers by pointer instead. A path item of
    another document stands in place where the version has no ``components/pathItems`` (OpenAPI 3.0).
    """
    value = bundle(contract).value
    if isinstance(value, bool):
        raise TypeError("a boolean schema is no document")
    return value


def readable_bundle(contract: Contract) -> Bundle:
    """As ``bundle``, to be read only: a contract that is one document already stands for itself, uncopied."""
    document = contract.document
    found = document.findings
    is_whole = len(contract.documents) == 1 and not found.ids and not found.anchors
    if is_whole and all(reference.target.startswith("#") for reference in found.references):
        return Bundle(document.value, {})
    return bundle(contract)


def bundle(contract: Contract) -> Bundle:
    """As ``bundled_document``, with the origin of each gathered part."""
    document = contract.document
    if isinstance(document.value, bool):
        return Bundle(document.value, {})
    gathering = _Gathering(contract, _gathered_below(contract))
    root = gathering.copy(contract.root, KEYWORDS, "schemas")
    assert isinstance(root, dict)
    while gathering.pending:
        section, name, node = gathering.pending.pop(0)
        holder = root
        for token in gathering.below:
            holder = holder.setdefault(token, {})
        if contract.kind is not Kind.JSON_SCHEMA:
            holder = holder.setdefault(section, {})
        if section == "examples":
            holder[name] = gathering.example(node)
        else:
            holder[name] = gathering.copy(node, KEYWORDS, section)
    return Bundle(root, gathering.origins)


def _gathered_below(contract: Contract) -> tuple[str, ...]:
    if contract.kind is not Kind.JSON_SCHEMA:
        return ("components",)
    return ("definitions",) if dialect_of(contract.root).ignores_ref_siblings else ("$defs",)


@dataclass(slots=True)
class _Gathering:
    contract: Contract
    below: tuple[str, ...]
    pending: list[tuple[str, str, Node]] = field(default_factory=list)
    origins: dict[str, Node] = field(default_factory=dict)
    names: dict[tuple[str, str, str], str] = field(default_factory=dict)
    taken: dict[str, set[str]] = field(default_factory=dict)
    inlining: list[tuple[str, str]] = field(default_factory=list)

    def copy(self, node: Node, role: int, section: str) -> Any:
        """A copy with its references rewritten; ``section`` is what a reference here leads to."""
        value = node.value
        if isinstance(value, list):
            return [self.copy(item, KEYWORDS, section) for _, item in node.items()]
        if not isinstance(value, dict):
            return value
        if role == NAMES:
            return {name: self.copy(item, KEYWORDS, section) for name, item in node.items()}
        if role == EXAMPLES:
            return {name: self.example(item) for name, item in node.items()}
        return self._object(node, section)

    def _object(self, node: Node, section: str) -> Any:
        kind = self.contract.kind
        reference = node.value.get("$ref")
        if isinstance(reference, str):
            target = node.referenced()
            if target.document is not self.contract.document and self._must_inline(section):
                return self._inlined(node, target)
        foreign = node.document is not self.contract.document
        result: dict[str, Any] = {}
        for key, item in node.items():
            if key == "$ref" and isinstance(reference, str):
                result[key] = self._reference(node, section)
            elif self._is_dropped(key, item, foreign=foreign):
                continue
            elif key in ROLES[kind]:
                result[key] = self.copy(item, NAMES, SECTIONS[kind].get(key, "schemas"))
            elif key in DATA_KEYS or key.startswith("x-"):
                result[key] = _copied(item.value)
            elif key == "examples":
                result[key] = (
                    self.copy(item, EXAMPLES, "examples")
                    if isinstance(item.value, dict)
                    else _copied(item.value)
                )
            else:
                result[key] = self.copy(item, KEYWORDS, SECTIONS[kind].get(key, "schemas"))
        return result

    def example(self, node: Node) -> Any:
        """A copy of an Example Object; its ``value`` is data."""
        if isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            return {**_copied(node.value), "$ref": self._reference(node, "examples")}
        return _copied(node.value)

    def _is_dropped(self, key: str, item: Node, *, foreign: bool) -> bool:
        if key in IDENTIFIERS:
            return isinstance(item.value, str)
        if key == "$schema":
            return foreign and dialect_of_uri(str(item.value)) is dialect_of(self.contract.root)
        # What of another document's definitions is referred to is gathered on its own.
        return foreign and key in ("$defs", "definitions")

    def _must_inline(self, section: str) -> bool:
        return section == "pathItems" and self.contract.document.spec_version.startswith("3.0")

    def _inlined(self, node: Node, target: Node) -> Any:
        place = (target.document.uri, target.pointer)
        if place in self.inlining:
            problem = node.problem(
                "ref.cycle",
                "This path item contains itself.",
                "Give the inner path item a document of its own.",
            )
            raise SpecError([problem])
        self.inlining.append(place)
        result = self._object(target, "pathItems")
        self.inlining.pop()
        siblings = {
            name: self.copy(item, KEYWORDS, "schemas") for name, item in node.items() if name != "$ref"
        }
        return {**result, **siblings}

    def _reference(self, node: Node, section: str) -> str:
        written = str(node.value["$ref"])
        target = node.referenced()
        entry = self.contract.document
        if target.document is entry:
            if written.startswith("#/") and node.document is entry and not node.document.identifiers.ids:
                return written
            return "#" + quote(target.pointer, safe=FRAGMENT_SAFE)
        key = (section, target.document.uri, target.pointer)
        name = self.names.get(key)
        if name is None:
            name = self.names[key] = self._new_name(section, target)
            self.pending.append((section, name, target))
            self.origins[self._pointer(section, name)] = target
        return "#" + self._pointer(section, name)

    def _pointer(self, section: str, name: str) -> str:
        parts = (
            (*self.below, name) if self.contract.kind is Kind.JSON_SCHEMA else (*self.below, section, name)
        )
        return "".join("/" + escape(part) for part in parts)

    def _new_name(self, section: str, target: Node) -> str:
        taken = self.taken.get(section)
        if taken is None:
            path = self.below if self.contract.kind is Kind.JSON_SCHEMA else (*self.below, section)
            existing = self.contract.root.child(*path)
            taken = self.taken[section] = set(
                existing.value if existing and isinstance(existing.value, dict) else ()
            )
        tokens = tokens_of(target.pointer)
        stem = tokens[-1] if tokens else target.document.uri.rpartition("/")[2].partition(".")[0]
        stem = UNSAFE.sub("_", stem) or "part"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        return name


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
