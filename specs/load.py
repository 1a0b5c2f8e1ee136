"""Bytes to contracts: size, encoding, syntax, format and every reference are settled here, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from specs.bounds import foreign_problems, text_problems, value_problems
from specs.config import LIMITS, Limits
from specs.document import Document, Resource
from specs.errors import SpecError
from specs.json_text import parse_json
from specs.kinds import Kind, entry_problem, kind_of
from specs.model import Contract, Node, Refusal, resolve_reference
from specs.pointers import tokens_of
from specs.positions import LineTable, Positions
from specs.problem import Position, Problem
from specs.walk import Findings, Reference, path_of_tokens, pointer_of_path, walk
from specs.yaml_text import parse_yaml

Fetch = Callable[[str], bytes | None]
"""Bytes of a document that is referred to but not given; None when there is none, SpecError when refused."""


def load_document(raw: bytes, uri: str, limits: Limits = LIMITS) -> Document:
    """Parse one document by its name (``.json``, ``.yaml``) or, failing that, by its first character.

    Whatever the bytes, nothing is raised but SpecError with codes ``document.*``, ``json.*`` or ``yaml.*``.
    """
    text = _text(raw, uri, limits)
    value, positions = _parse(text, uri, limits)
    document = Document(uri, raw, value, Kind.JSON_SCHEMA, "", positions)
    problems = text_problems(document, text, limits)
    found = kind_of(value, uri)
    if isinstance(found, Problem):
        placed = document.position(found.pointer) if not problems else None
        problems.append(Problem(found.code, found.message, found.fix, uri, found.pointer, placed))
    if problems:
        raise SpecError(problems)
    assert not isinstance(found, Problem)
    return Document(uri, raw, value, found[0], found[1], positions)


def load_contract(
    uri: str, raw: bytes, references: Mapping[str, bytes] | None = None, limits: Limits = LIMITS
) -> Contract:
    """The entry document and all documents given with it; every reference reachable from the entry resolves.

    SpecError carries the problems of all documents and references together.
    """
    return load_graph(uri, raw, dict(references or {}), limits, lambda _uri: None)


def contract_from_value(value: dict[str, Any] | bool, uri: str = "memory:contract") -> Contract:
    """A contract from parsed JSON: no text, so no positions; references must stay within it."""
    found = entry_problem(value, uri) or kind_of(value, uri)
    if isinstance(found, Problem):
        raise SpecError([found])
    document = Document(uri, b"", value, found[0], found[1])
    problems = value_problems(document, LIMITS) or foreign_problems(document)
    if problems:
        raise SpecError(problems)
    contract = Contract(document, {uri: document})
    _check_references(contract, lambda _uri: None)
    return contract


def load_graph(
    uri: str, raw: bytes, references: Mapping[str, bytes], limits: Limits, fetch: Fetch
) -> Contract:
    """As ``load_contract``, asking ``fetch`` for each document that is referred to and not given."""
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    total = len(raw) + sum(len(content) for content in references.values())
    if total > limits.contract_bytes_max or len(references) >= limits.documents_max:
        raise SpecError([_contract_too_large(uri, limits)])
    for name, content in {**references, uri: raw}.items():
        try:
            documents[name] = load_document(content, name, limits)
        except SpecError as error:
            problems.extend(error.problems)
    if uri in documents:
        problems.extend(_entry_problems(documents[uri]))
    if problems:
        raise SpecError(problems[: limits.problems_max])
    contract = Contract(documents[uri], documents, limits)
    _check_references(contract, fetch)
    return contract


def _entry_problems(document: Document) -> list[Problem]:
    found = entry_problem(document.value, document.uri)
    return [] if found is None else [replace(found, position=document.position(found.pointer))]


def _text(raw: bytes, uri: str, limits: Limits) -> str:
    if len(raw) > limits.document_bytes_max:
        raise SpecError([too_large(uri, len(raw), limits)])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        raise SpecError([_not_utf8(raw, uri, LineTable.of(before).position(len(before)))]) from None


def _parse(text: str, uri: str, limits: Limits) -> tuple[Any, Positions | None]:
    """YAML brings its positions along; JSON's are found when asked for."""
    start = text.lstrip(" \t\r\n")[:1]
    name = uri.lower()
    if not start:
        problem = Problem(
            "document.empty",
            "The document is empty.",
            "Write a contract into it.",
            uri,
            position=Position(1, 1),
        )
        raise SpecError([problem])
    if name.endswith(".json"):
        return parse_json(text, uri, limits), None
    if start not in "{[":
        return parse_yaml(text, uri, limits)
    try:
        # JSON is a subset of YAML 1.2 and reads twenty times faster.
        return parse_json(text, uri, limits), None
    except SpecError as error:
        if error.code != "json.syntax":
            raise
    return parse_yaml(text, uri, limits)


def _check_references(contract: Contract, fetch: Fetch) -> None:
    """Follow every reference reachable from the entry document; report all that lead nowhere."""
    problems: list[Problem] = []
    reported: set[tuple[str, str, Position | None, str]] = set()
    walked: set[tuple[str, str]] = {(contract.document.uri, "")}
    pending: list[tuple[Document, Findings]] = [(contract.document, contract.document.findings)]
    while pending and len(problems) < contract.limits.problems_max:
        document, findings = pending.pop()
        for reference in findings.references:
            target = _follow(contract, document, reference, fetch)
            if isinstance(target, list):
                new = [p for p in target if (p.uri, p.pointer, p.position, p.code) not in reported]
                reported.update((p.uri, p.pointer, p.position, p.code) for p in new)
                problems.extend(new)
                continue
            place = (target.document.uri, target.pointer)
            whole = (target.document.uri, "")
            if whole in walked or place in walked or target.document is contract.document:
                continue
            if reference.is_example and not _is_reference(target):
                continue
            walked.add(place)
            pending.append((target.document, _walk_from(target)))
    if problems:
        problems.sort(key=lambda problem: (problem.uri, problem.position or Position(0, 0), problem.pointer))
        raise SpecError(problems[: contract.limits.problems_max])


def _follow(
    contract: Contract, document: Document, reference: Reference, fetch: Fetch
) -> Node | list[Problem]:
    pointer = pointer_of_path(reference.path)
    resource = document.resource_of(pointer_of_path(reference.resource))
    found = _resolve_or_fetch(contract, document, resource, reference, pointer, fetch)
    if isinstance(found, list):
        return found
    node = Node(contract, *found)
    if reference.keyword != "$ref" or not _is_reference(node):
        return node
    try:
        contract.node(pointer, document.uri).resolved()
    except SpecError as error:
        # A broken later link is reported where it stands; a circle has no other place than this.
        if error.code in ("ref.cycle", "ref.too_many_hops"):
            return list(error.problems)
    return node


def _is_reference(node: Node) -> bool:
    return isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str)


def _resolve_or_fetch(
    contract: Contract,
    document: Document,
    resource: Resource,
    reference: Reference,
    pointer: str,
    fetch: Fetch,
) -> tuple[Document, str, Any] | list[Problem]:
    found = resolve_reference(contract, document, resource, reference.target)
    if not isinstance(found, Refusal):
        return found
    problem = found.problem(document, pointer)
    if found.missing_uri is None:
        return [problem]
    try:
        content = fetch(found.missing_uri)
    except SpecError as error:
        # The file cannot be had: that is said where it is asked for.
        return [
            replace(p, uri=problem.uri, pointer=pointer, position=problem.position) for p in error.problems
        ]
    if content is None:
        return [problem]
    try:
        added = load_document(content, found.missing_uri, contract.limits)
    except SpecError as error:
        return list(error.problems)
    if len(contract.documents) >= contract.limits.documents_max:
        raise SpecError([_contract_too_large(contract.document.uri, contract.limits)])
    assert isinstance(contract.documents, dict)
    contract.documents[found.missing_uri] = added
    contract.memo.clear()
    return _resolve_or_fetch(contract, document, resource, reference, pointer, lambda _uri: None)


def _walk_from(node: Node) -> Findings:
    if not node.pointer:
        return node.document.findings
    resource = node.document.resource_of(node.pointer)
    kind = node.document.kind
    if kind is Kind.JSON_SCHEMA and not node.document.spec_version:
        kind = node.contract.kind
    return walk(
        node.value,
        kind,
        path_of_tokens(tokens_of(node.pointer)),
        path_of_tokens(tokens_of(resource.pointer)),
        node.document.id_keyword,
    )


def too_large(uri: str, size: int, limits: Limits) -> Problem:
    """The problem of a document beyond the byte limit."""
    return Problem(
        "document.too_large",
        f"The document has {size} bytes; at most {limits.document_bytes_max} are read.",
        "Split it into documents that refer to one another.",
        uri,
    )


def _not_utf8(raw: bytes, uri: str, position: Position) -> Problem:
    utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    return Problem(
        "document.not_utf8",
        "The document is UTF-16, not UTF-8." if utf16 else "The bytes here are not UTF-8.",
        "Save the document as UTF-8.",
        uri,
        position=position,
    )


def _contract_too_large(uri: str, limits: Limits) -> Problem:
    return Problem(
        "contract.too_large",
        f"The documents exceed {limits.contract_bytes_max} bytes or are more than {limits.documents_max}.",
        "Give only the documents the contract refers to.",
        uri,
    )
