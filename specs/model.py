"""A contract: one entry document, the documents given with it, and the graph their references make.

Nothing is dereferenced into a copy. A ``Node`` is a place in a document; ``resolved`` follows its ``$ref``.
References reach the documents of the contract and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from specs.canonical import canonical_json
from specs.config import LIMITS, Limits
from specs.document import Document, Resource
from specs.errors import SpecError
from specs.kinds import Kind
from specs.pointers import MISSING, escape, step, tokens_of, value_at
from specs.problem import Position, Problem, Severity
from specs.uris import decoded, has_scheme, is_hierarchical, join_absolute, join_path, split_reference

__all__ = [
    "Contract",
    "Document",
    "JsonValue",
    "Kind",
    "Node",
    "Position",
    "Problem",
    "Severity",
    "resolve_reference",
]

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


@dataclass(frozen=True, slots=True)
class Contract:
    """``documents`` holds the entry document too, each by its URI."""

    document: Document
    documents: Mapping[str, Document]
    limits: Limits = LIMITS
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def kind(self) -> Kind:
        """The format of the entry document."""
        return self.document.kind

    @property
    def root(self) -> Node:
        """The whole entry document."""
        return Node(self, self.document, "", self.document.value)

    @property
    def title(self) -> str:
        """``info.title``, or a JSON Schema's ``title``; ``""`` when absent."""
        value = self.document.value
        title = (
            value_at(value, ["title"])
            if self.kind is Kind.JSON_SCHEMA
            else value_at(value, ["info", "title"])
        )
        return title if isinstance(title, str) else ""

    @property
    def version(self) -> str:
        """``info.version``, or a canonical schema's ``x-pactolus.version``; ``""`` when absent."""
        holder = "x-pactolus" if self.kind is Kind.JSON_SCHEMA else "info"
        version = value_at(self.document.value, [holder, "version"])
        return version if isinstance(version, str) else ""

    @property
    def bundle_sha256(self) -> str:
        """Hex digest over the RFC 8785 form of ``{uri: canonical_sha256}`` of all documents."""
        if "bundle_sha256" not in self.memo:
            digests = {uri: document.canonical_sha256 for uri, document in self.documents.items()}
            self.memo["bundle_sha256"] = hashlib.sha256(canonical_json(digests)).hexdigest()
        return str(self.memo["bundle_sha256"])

    def node(self, pointer: str, uri: str | None = None) -> Node:
        """The place ``pointer`` names, by default in the entry document; SpecError ``ref.target_missing``."""
        document = self.document if uri is None else self.documents[uri]
        try:
            value = value_at(document.value, tokens_of(pointer))
        except ValueError:
            value = MISSING
        if value is MISSING:
            problem = Problem(
                "ref.target_missing",
                f"{document.uri} has nothing at {pointer!r}.",
                "Correct the pointer.",
                document.uri,
                pointer,
            )
            raise SpecError([problem])
        return Node(self, document, pointer, value)

    def by_id(self, uri: str) -> tuple[Document, str] | None:
        """The document and pointer an absolute ``$id`` names."""
        ids = self.memo.get("ids")
        if ids is None:
            ids = {}
            for document in self.documents.values():
                for name, pointer in document.identifiers.ids.items():
                    ids.setdefault(name, (document, pointer))
            self.memo["ids"] = ids
        found: tuple[Document, str] | None = ids.get(uri)
        return found


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document: ``value`` is what stands there, shared with the document."""

    contract: Contract
    document: Document
    pointer: str
    value: Any

    @property
    def position(self) -> Position | None:
        """Line and column in the author's text."""
        return self.document.position(self.pointer)

    @property
    def token(self) -> str:
        """The last token of the pointer: the member's name, or the item's index."""
        tokens = tokens_of(self.pointer)
        return tokens[-1] if tokens else ""

    def child(self, *tokens: str | int) -> Node | None:
        """The place below, or None; references on the way are not followed."""
        value, pointer = self.value, self.pointer
        for token in tokens:
            value = step(value, str(token))
            if value is MISSING:
                return None
            pointer = f"{pointer}/{escape(str(token))}"
        return Node(self.contract, self.document, pointer, value)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Members with their names, or items with their indexes; nothing for a scalar."""
        if isinstance(self.value, dict):
            for name, value in self.value.items():
                yield name, Node(self.contract, self.document, f"{self.pointer}/{escape(name)}", value)
        elif isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield str(index), Node(self.contract, self.document, f"{self.pointer}/{index}", value)

    def resolved(self) -> Node:
        """The node itself, or where its chain of ``$ref`` ends.

        Members beside ``$ref`` are left behind; ``schema.self_contained`` knows where they count.
        SpecError with a code ``ref.*`` when the chain leads nowhere, is a circle, or is too long.
        """
        node = self
        seen: set[tuple[str, str]] = set()
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            seen.add((node.document.uri, node.pointer))
            node = node.referenced("$ref")
            if (node.document.uri, node.pointer) in seen:
                raise SpecError([_circle(self)])
            if len(seen) > self.contract.limits.reference_hops_max:
                raise SpecError([_too_many_hops(self)])
        return node

    def referenced(self, keyword: str = "$ref") -> Node:
        """Where one reference leads, not following it further."""
        resource = self.document.resource_of(self.pointer)
        found = resolve_reference(self.contract, self.document, resource, self.value[keyword])
        if isinstance(found, Refusal):
            raise SpecError([found.problem(self.document, self.pointer)])
        document, pointer, value = found
        return Node(self.contract, document, pointer, value)

    def problem(
        self, code: str, message: str, fix: str, severity: Severity = "error", below: str = ""
    ) -> Problem:
        """A problem at this place; ``below`` is the pointer of a member to point at instead."""
        pointer = self.pointer + below
        return Problem(
            code, message, fix, self.document.uri, pointer, self.document.position(pointer), severity
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a reference cannot be followed."""

    code: str
    message: str
    fix: str
    missing_uri: str | None = None
    """For ``ref.document_missing``: the URI a document would have to be given under."""

    def problem(self, document: Document, pointer: str) -> Problem:
        """The problem at the object that holds the reference."""
        position = document.position(pointer + "/$ref") or document.position(pointer)
        return Problem(self.code, self.message, self.fix, document.uri, pointer, position)


Target = tuple[Document, str, Any]


def resolve_reference(
    contract: Contract, document: Document, resource: Resource, reference: str
) -> Target | Refusal:
    """Document, pointer and value a reference names, seen from a place in ``document``.

    First by ``$id`` (JSON Schema 2020-12 section 9.1), then by the URI the document was given under.
    """
    key = (document.uri, resource.pointer, reference)
    cache: dict[tuple[str, str, str], Target | Refusal] = contract.memo.setdefault("references", {})
    found = cache.get(key)
    if found is None:
        found = _resolve(contract, document, resource, reference)
        if not isinstance(found, Refusal):
            cache[key] = found
    return found


def _resolve(contract: Contract, document: Document, resource: Resource, reference: str) -> Target | Refusal:
    uri, fragment = split_reference(reference)
    if uri:
        place = _locate(contract, document, resource, uri)
        if isinstance(place, Refusal):
            return place
        target, root = place
    else:
        target, root = document, resource.pointer
    if fragment and not fragment.startswith("/"):
        pointer = target.identifiers.anchors.get((root, fragment))
        if pointer is None:
            return _nothing_there(reference, target, f"no $anchor named {fragment!r}")
    else:
        pointer = root + fragment
    try:
        value = value_at(target.value, tokens_of(pointer))
    except ValueError:
        value = MISSING
    if value is MISSING:
        return _nothing_there(reference, target, f"nothing at {pointer!r}")
    return target, pointer, value


def _locate(
    contract: Contract, document: Document, resource: Resource, uri: str
) -> tuple[Document, str] | Refusal:
    if resource.base is not None:
        by_id = contract.by_id(join_absolute(resource.base, uri).partition("#")[0])
        if by_id is not None:
            return by_id
    if has_scheme(uri):
        by_id = contract.by_id(uri)
        if by_id is not None:
            return by_id
        given = contract.documents.get(uri)
        return (given, "") if given is not None else _remote(uri)
    if is_hierarchical(document.uri):
        candidates = [join_absolute(document.uri, uri)]
    else:
        paths = [join_path(document.uri, uri), join_path(document.uri, decoded(uri))]
        if None in paths:
            return _outside(uri)
        candidates = [path for path in paths if path is not None]
    for candidate in candidates:
        given = contract.documents.get(candidate)
        if given is not None:
            return given, ""
    return _not_given(uri, candidates[-1])


def _remote(uri: str) -> Refusal:
    return Refusal(
        "ref.remote",
        f"The reference leads to {uri:.200}; nothing is fetched from the network.",
        "Give that document together with this one and refer to it by its path or its $id.",
    )


def _outside(uri: str) -> Refusal:
    return Refusal(
        "ref.outside_roots",
        f"The reference {uri!r:.200} leads outside the contract's folder.",
        "Move the document below the root, or name a root that holds both.",
    )


def _not_given(uri: str, candidate: str) -> Refusal:
    return Refusal(
        "ref.document_missing",
        f"The reference leads to the document {candidate!r:.200}, which was not given.",
        "Give that document together with this one, or correct the reference.",
        missing_uri=candidate if candidate else uri,
    )


def _nothing_there(reference: str, target: Document, what: str) -> Refusal:
    return Refusal(
        "ref.target_missing",
        f"The reference {reference!r:.200} leads nowhere: {target.uri} has {what}.",
        "Correct the reference, or define what it names.",
    )


def _circle(node: Node) -> Problem:
    return node.problem(
        "ref.cycle",
        "This chain of references is a circle; it never reaches a value.",
        "Let one of the references lead to a schema or object.",
    )


def _too_many_hops(node: Node) -> Problem:
    limit = node.contract.limits.reference_hops_max
    return node.problem(
        "ref.too_many_hops",
        f"More than {limit} references follow one another from here.",
        "Refer to the final target directly.",
    )
