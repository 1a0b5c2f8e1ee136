"""Reads what the catalog indexes of a contract by way of `specs`: names, operations, references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from registry.config import CatalogLimits
from registry.model import storable
from registry.model.facts import CatalogFacts, CatalogItem, DocumentLink, OperationShape, What
from registry.model.words import parts_of
from specs.asyncapi import EventOperation, event_operations
from specs.document import Document
from specs.errors import SpecError
from specs.model import Contract, Kind, Node, resolve_reference
from specs.openapi import Operation, operations
from specs.walk import DATA_KEYS, ROLES, ROOT, Path, pointer_of_path

FIELD_MAPS = frozenset({"properties", "patternProperties"})
SCHEMA_MAPS = frozenset({"schemas", "$defs", "definitions", "messages"})
LOCATIONS = frozenset({"query", "path", "header", "cookie"})
ROOT_POINTER = ""
PARAMETER = re.compile(r"\{[^}]*\}")
ACTIONS = {"POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


def facts_of(contract: Contract, limits: CatalogLimits) -> CatalogFacts:
    """All facts of a contract whose references lead somewhere; what goes beyond the limits is left out."""
    return CatalogFacts(
        items=tuple(items_of(contract, limits)),
        shapes=tuple(shapes_of(contract, limits))[: limits.shapes_max],
        links=tuple(links_of(contract))[: limits.links_max],
    )


def items_of(contract: Contract, limits: CatalogLimits) -> list[CatalogItem]:
    """The contract, its operations, then schemas and fields, those of the entry document first."""
    found = [contract_item(contract, limits)]
    found += [item for item in operation_items(contract, limits) if storable(item.name + item.pointer)]
    repeated: Counter[tuple[What, str]] = Counter()
    entry = contract.document
    others = [contract.documents[uri] for uri in sorted(contract.documents) if uri != entry.uri]
    for document in (entry, *others):
        for item in document_items(document, "" if document is entry else document.uri, limits):
            repeated[item.what, item.name] += 1
            kept = repeated[item.what, item.name] <= limits.items_of_a_name_max
            if kept and storable(item.name + item.pointer + item.document):
                found.append(item)
            if len(found) >= limits.items_max:
                return found[: limits.items_max]
    return found


def contract_item(contract: Contract, limits: CatalogLimits) -> CatalogItem:
    """The contract by its title."""
    info = contract.root if contract.kind is Kind.JSON_SCHEMA else contract.root.child("info")
    said = info.value.get("description") if info is not None and isinstance(info.value, dict) else ""
    title = bounded(contract.title, limits)[: limits.name_chars_max]
    pointer = ROOT_POINTER if contract.kind is Kind.JSON_SCHEMA else "/info"
    return CatalogItem(
        What.CONTRACT, title, "", pointer, bounded(said if isinstance(said, str) else "", limits)
    )


def operation_items(contract: Contract, limits: CatalogLimits) -> Iterator[CatalogItem]:
    """Each operation by its identifier, with its address and its summary as text."""
    for operation in operations(contract):
        address = f"{operation.method} {operation.path}"
        text = address if not operation.summary else f"{address} - {operation.summary}"
        yield operation_item(contract, operation.operation_id or address, text, operation.node, limits)
    for event in event_operations(contract):
        types = ", ".join(message.event_type for message in event.messages)
        text = f"{event.action} {event.address} - {types}"
        yield operation_item(contract, event.operation_id, text, event.node, limits)


def operation_item(
    contract: Contract, name: str, text: str, node: Node, limits: CatalogLimits
) -> CatalogItem:
    """The item at a node of any document of the contract."""
    document = "" if node.document is contract.document else node.document.uri
    return CatalogItem(
        What.OPERATION, name[: limits.name_chars_max], document, node.pointer, bounded(text, limits)
    )


def document_items(document: Document, uri: str, limits: CatalogLimits) -> Iterator[CatalogItem]:
    """Schemas, messages, members and parameters of one document, without examples and extensions."""
    maps = ROLES.get(document.kind, frozenset()) | FIELD_MAPS | SCHEMA_MAPS
    if uri and isinstance(document.value, dict):
        name = uri.rpartition("/")[2].partition(".")[0]
        yield item_of(What.SCHEMA, name, uri, ROOT, document.value, limits)
    waiting: list[tuple[Any, Path]] = [(document.value, ROOT)]
    seen = 0
    while waiting and seen < limits.nodes_max:
        value, path = waiting.pop()
        seen += 1
        below: list[tuple[Any, Path]] = []
        if isinstance(value, list):
            below = [(item, (path, str(index))) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            if is_parameter(value):
                yield item_of(What.FIELD, value["name"], uri, path, value, limits)
            for key, item in value.items():
                if key in maps and isinstance(item, dict):
                    yield from named_items(key, item, uri, (path, key), limits)
                    below += [(one, ((path, key), name)) for name, one in item.items()]
                elif key not in DATA_KEYS and key != "examples" and not key.startswith("x-"):
                    below.append((item, (path, key)))
        waiting += reversed([one for one in below if isinstance(one[0], dict | list)])


def named_items(
    key: str, members: dict[str, Any], uri: str, path: Path, limits: CatalogLimits
) -> Iterator[CatalogItem]:
    """Members of a map of schemas, messages or fields; a schema that only refers is found at its place."""
    for name, value in members.items():
        if key in FIELD_MAPS:
            yield item_of(What.FIELD, name, uri, (path, name), value, limits)
        elif key in SCHEMA_MAPS and not (isinstance(value, dict) and "$ref" in value):
            yield item_of(What.SCHEMA, name, uri, (path, name), value, limits)


def is_parameter(value: dict[str, Any]) -> bool:
    """Whether an object is a Parameter Object (OpenAPI 3.1 section 4.8.12)."""
    return isinstance(value.get("name"), str) and value.get("in") in LOCATIONS


def item_of(what: What, name: str, uri: str, path: Path, value: Any, limits: CatalogLimits) -> CatalogItem:
    """An item with what its author says about it."""
    said = value if isinstance(value, dict) else {}
    texts = [said[key] for key in ("title", "summary", "description") if isinstance(said.get(key), str)]
    text = bounded(" - ".join(texts), limits)
    return CatalogItem(what, name[: limits.name_chars_max], uri, pointer_of_path(path), text)


def bounded(text: str, limits: CatalogLimits) -> str:
    """A text on one line, of bounded length, that every database takes."""
    line = " ".join(text[: 2 * limits.text_chars_max].split())[: limits.text_chars_max]
    return line if storable(line) else ""


def shapes_of(contract: Contract, limits: CatalogLimits) -> Iterator[OperationShape]:
    """Each operation as the search for duplicates compares it."""
    for operation in operations(contract):
        yield http_shape(operation, limits)
    for event in event_operations(contract):
        yield from event_shapes(event, limits)


def http_shape(operation: Operation, limits: CatalogLimits) -> OperationShape:
    """The entity is the last fixed part of the path: ``GET /quotes/{id}`` reads a ``quote``."""
    parts = [part for part in operation.path.split("/") if part]
    fixed = [part for part in parts if not PARAMETER.search(part)]
    one = bool(parts) and PARAMETER.search(parts[-1]) is not None
    action = ACTIONS.get(operation.method) or ("read" if one else "list")
    entity = "-".join(singular(word) for word in parts_of(fixed[-1])) if fixed else ""
    name = f"{operation.method} {operation.path}"
    words = {singular(word) for part in (operation.operation_id, *fixed) for word in parts_of(part)}
    bodies = [operation.request_body.content] if operation.request_body else []
    bodies += [response.content for response in operation.responses if response.status.startswith("2")]
    schemas = [media.schema for content in bodies for media in content if media.schema is not None]
    return shape(operation.operation_id or name, name, action, entity, words, schemas, limits)


def event_shapes(event: EventOperation, limits: CatalogLimits) -> Iterator[OperationShape]:
    """One shape for each message: two contracts that send the same event are as much a duplicate."""
    for message in event.messages:
        words = {singular(word) for word in parts_of(f"{message.event_type} {event.operation_id}")}
        schemas = [message.payload] if message.payload is not None else []
        name = f"{event.action} {event.address}"
        yield shape(event.operation_id, name, event.action, message.event_type, words, schemas, limits)


def shape(
    operation_id: str,
    name: str,
    action: str,
    entity: str,
    words: set[str],
    schemas: list[Node],
    limits: CatalogLimits,
) -> OperationShape:
    """The shape in bounded size; text that no database takes is left out."""
    kept = sorted(word for word in words if len(word) > 1 and storable(word))[: limits.words_of_a_shape_max]
    fields = sorted(field for field in field_names(schemas, limits) if storable(field))
    return OperationShape(
        operation_id[: limits.name_chars_max],
        name[: limits.name_chars_max],
        action,
        entity[: limits.name_chars_max] if storable(entity) else "",
        tuple(kept),
        tuple(fields),
    )


def field_names(schemas: list[Node], limits: CatalogLimits) -> set[str]:
    """Names of members that the schemas declare, a few levels deep, references followed."""
    names: set[str] = set()
    waiting = [(schema, 0) for schema in schemas]
    seen: set[tuple[str, str]] = set()
    while waiting and len(seen) < limits.schemas_of_a_shape_max:
        written, depth = waiting.pop()
        try:
            node = written.resolved()
        except SpecError:
            continue
        place = (node.document.uri, node.pointer)
        if place in seen or not isinstance(node.value, dict):
            continue
        seen.add(place)
        members = node.child("properties")
        for name, member in members.items() if members is not None else ():
            names.add(name[: limits.name_chars_max])
            if depth < limits.depth_of_a_shape_max:
                waiting.append((member, depth + 1))
        for keyword in ("allOf", "oneOf", "anyOf"):
            listed = node.child(keyword)
            waiting += [(one, depth) for _, one in listed.items()] if listed is not None else []
        items = node.child("items")
        waiting += [(items, depth)] if items is not None else []
        if len(names) >= limits.fields_of_a_shape_max:
            break
    return set(sorted(names)[: limits.fields_of_a_shape_max])


def singular(word: str) -> str:
    """The word without the ending of an English plural; good enough to tell entities apart."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")) else word


def links_of(contract: Contract) -> Iterator[DocumentLink]:
    """Which document refers to which, each pair once."""
    names = {uri: identity(document) for uri, document in contract.documents.items()}
    names[contract.document.uri] = ""
    found: dict[tuple[str, str], None] = {}
    for uri, document in contract.documents.items():
        for reference in document.findings.references:
            resource = document.resource_of(pointer_of_path(reference.path))
            target = resolve_reference(contract, document, resource, reference.target)
            if isinstance(target, tuple) and target[0].uri != uri:
                found[names[uri], names[target[0].uri]] = None
    for source, aim in found:
        if storable(source) and storable(aim) and aim:
            yield DocumentLink(source, aim)


def identity(document: Document) -> str:
    """What a document is known by in all contracts: its ``$id``, or its URI within this one."""
    root = document.identifiers.resources[""]
    if isinstance(document.value, dict) and isinstance(document.value.get(document.id_keyword), str):
        return str(root.base or document.value[document.id_keyword])[:500]
    return document.uri[:500]
