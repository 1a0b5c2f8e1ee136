"""Places of contracts as the containment engine reads them, and when two of them are surely the same."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from compatibility.containment.contents import WORDS, Contents, Key, Side
from compatibility.errors import SchemaReadingError
from compatibility.model import Place
from specs.dialects import dialect_of, with_format
from specs.errors import SpecError
from specs.model import Contract, Node
from specs.pointers import MISSING, tokens_of, value_at
from specs.walk import pointer_of_path

REFERENCE = re.compile(r'"(\$(?:ref|dynamicRef|recursiveRef))": "((?:[^"\\]|\\.)*)"')

HOPS_MAX = 40
ANNOTATIONS = frozenset(
    ("$ref", "description", "summary", "title", "example", "examples", "default", "deprecated")
)


def contents_of(before: Contract, after: Contract) -> Contents:
    """What two contracts have in common."""

    def find(side: Side, key: Key) -> NodeSource | None:
        contract = before if side == "before" else after
        document = contract.document if key[0] == "" else contract.documents.get(key[0])
        if document is None:
            return None
        value = value_at(document.value, tokens_of(key[1]))
        try:
            node = Node(contract, document, key[1], value)
            return None if value is MISSING else source_of(node, side, contents)
        except SpecError:
            return None  # not written in JSON Schema

    contents = Contents(find)
    return contents


@dataclass(frozen=True, slots=True)
class NodeSource:
    """A `specs` node as the reader of terms wants it."""

    node: Node
    side: Side
    contents: Contents
    spoken: str

    @property
    def key(self) -> Key:
        return key_of(self.node)

    @property
    def value(self) -> Any:
        return self.node.value

    def child(self, *tokens: str) -> NodeSource | None:
        node = self.node.child(*tokens)
        return None if node is None else NodeSource(node, self.side, self.contents, self.spoken)

    def followed(self) -> NodeSource:
        try:
            return source_of(self.node.referenced("$ref"), self.side, self.contents)
        except SpecError as error:
            raise SchemaReadingError(str(error)) from error

    def fixed(self, keyword: str) -> NodeSource | None:
        """Where a dynamic reference leads when every scope gives the same answer, else None."""
        try:
            target = self.node.referenced(keyword)
        except SpecError as error:
            raise SchemaReadingError(str(error)) from error
        anchored = anchors(self.node.contract, keyword, self.node.value[keyword])
        if any(one.document is not target.document or one.pointer != target.pointer for one in anchored):
            return None
        return source_of(target, self.side, self.contents)

    def identity(self, hidden: str | None) -> tuple[Hashable, bool]:
        key = self.key
        partner = self.contents.partner(self.side, key)
        if partner is not None:
            return ("both", *partner), self.contents.mentions(partner, hidden)
        return (self.side, *key), hidden is not None

    def referred(self, text: str) -> list[Key]:
        document = self.node.document
        if len(document.identifiers.resources) > 1:
            return self.written_references()
        found: list[Key] = []
        for keyword, raw in dict.fromkeys(REFERENCE.findall(text)):
            found.extend(self.target({keyword: json.loads(f'"{raw}"')}, keyword))
        return found

    def written_references(self) -> list[Key]:
        """The references below this place, each in its own schema resource."""
        contract, document = self.node.contract, self.node.document
        found = []
        for reference in document.findings.references:
            pointer = pointer_of_path(reference.path)
            if pointer == self.node.pointer or pointer.startswith(self.node.pointer + "/"):
                node = contract.node(pointer, document.uri)
                found.append((pointer, self.led(node, reference.keyword)))
        return [key for _, keys in sorted(found) for key in keys]

    def target(self, schema: dict[str, Any], keyword: str) -> list[Key]:
        node = self.node
        return self.led(Node(node.contract, node.document, node.pointer, schema), keyword)

    def led(self, node: Node, keyword: str) -> list[Key]:
        """Where one reference may lead; nowhere when it is part of an example."""
        try:
            target = node.referenced(keyword)
        except SpecError:
            return []
        return [key_of(one) for one in (target, *anchors(node.contract, keyword, node.value[keyword]))]

    def dialect(self) -> str | None:
        return self.spoken


def source_of(node: Node, side: Side, contents: Contents) -> NodeSource:
    """A place of one side, in the dialect its document says."""
    node = with_format(node)
    return NodeSource(node, side, contents, str(dialect_of(node)))


def uri_of(node: Node) -> str:
    """The entry document is the same document on both sides, whatever it is called."""
    return "" if node.document is node.contract.document else node.document.uri


def key_of(node: Node) -> Key:
    """A place by its document and pointer, the same words on both sides."""
    return uri_of(node), node.pointer


def anchors(contract: Contract, keyword: str, reference: str) -> list[Node]:
    """Every schema a dynamic reference could be overridden by (JSON Schema 2020-12 core section 8.2.3.2)."""
    if keyword == "$ref":
        return []
    found = []
    for document in contract.documents.values():
        for names in document.identifiers.dynamic.values():
            pointer = names.get(reference.rpartition("#")[2])
            if keyword == "$dynamicRef" and pointer is not None:
                found.append(contract.node(pointer, document.uri))
        if keyword == "$recursiveRef":
            roots = (contract.node(pointer, document.uri) for pointer in document.identifiers.resources)
            found.extend(
                one
                for one in roots
                if isinstance(one.value, dict) and one.value.get("$recursiveAnchor") is True
            )
    return found


def recursive(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("$recursiveAnchor") is True


def place_of(node: Node | None) -> Place | None:
    """Where a node stands, for people."""
    if node is None:
        return None
    position = node.position
    line, column = (position.line, position.column) if position is not None else (None, None)
    return Place(node.document.uri, node.pointer, line, column)


def landed(node: Node) -> Node:
    """Where a chain of plain references and of `allOf` around one schema ends.

    A reference with siblings that count, and an `allOf` with any sibling that says something, is a place of
    its own.
    """
    for _ in range(HOPS_MAX):
        value = node.value
        if not isinstance(value, dict):
            return node
        alone = [word for word in value if word not in WORDS] == ["allOf"]
        if alone and isinstance(value["allOf"], list) and len(value["allOf"]) == 1:
            node = node.child("allOf", 0) or node
            continue
        if not isinstance(value.get("$ref"), str):
            return node
        if any(name not in ANNOTATIONS for name in value) and siblings_count(node):
            return node
        try:
            node = node.referenced("$ref")
        except SpecError:
            return node
    return node


def siblings_count(node: Node) -> bool:
    return not dialect_of(node).ignores_ref_siblings
