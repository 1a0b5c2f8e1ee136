"""What the catalog knows of a version in force beyond its record: what can be found, compared and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from registry.model.contracts import Contract, SemanticVersion, State


class What(StrEnum):
    """What a search finds; in the order of their weight."""

    CONTRACT = "contract"
    OPERATION = "operation"
    SCHEMA = "schema"
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One thing with a name: where it stands, and what its author says about it.

    ``document`` is the URI of the document within the contract, ``""`` for the entry document.
    """

    what: What
    name: str
    document: str
    pointer: str
    text: str


@dataclass(frozen=True, slots=True)
class OperationShape:
    """An operation reduced to what can be compared: its entity, what it does to it, with which fields."""

    operation_id: str
    name: str
    action: str
    entity: str
    words: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentLink:
    """A document refers to another; each by its ``$id``, or its URI without one. ``""`` is the contract."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """All of it, bounded by the limits of the reader."""

    items: tuple[CatalogItem, ...] = ()
    shapes: tuple[OperationShape, ...] = ()
    links: tuple[DocumentLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """An item that was found, and the characters of its name and of its text that were asked for."""

    item: CatalogItem
    in_name: tuple[tuple[int, int], ...]
    in_text: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FoundContract:
    """A version in force with the items that may fit; ``score`` is higher where it fits better."""

    contract: Contract
    number: SemanticVersion
    state: State
    score: float
    items: tuple[CatalogItem, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search answers for one version in force."""

    found: FoundContract
    matches: tuple[Match, ...]
