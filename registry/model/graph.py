"""The graph of who owns, who calls and what refers to what; likeness of operations; what needs upkeep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from registry.model.facts import OperationShape


class NodeKind(StrEnum):
    """What a node stands for; a schema is a document that contracts refer to."""

    TEAM = "team"
    CONTRACT = "contract"
    CONSUMER = "consumer"
    SCHEMA = "schema"


class EdgeKind(StrEnum):
    """From a team to what it owns, from a consumer to what it uses, from what refers to its target."""

    OWNS = "owns"
    DECLARES = "declares"
    CALLS = "calls"
    REFERS = "refers"


class Direction(StrEnum):
    """Along the edges, against them, or both."""

    OUT = "out"
    IN = "in"
    BOTH = "both"


@dataclass(frozen=True, slots=True, order=True)
class NodeId:
    """A node, written ``kind:name``."""

    kind: NodeKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.name}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From its text; raises ValueError for an unknown kind."""
        kind, _, name = text.partition(":")
        return cls(NodeKind(kind), name)


@dataclass(frozen=True, slots=True)
class Node:
    """A node with what is known of it; None where a kind has no such thing or it is not registered."""

    id: NodeId
    title: str | None = None
    owner: str | None = None
    layer: str | None = None
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """``major`` of the contract that it is about; ``calls`` and ``last_seen`` for calls observed."""

    source: NodeId
    target: NodeId
    kind: EdgeKind
    major: int | None = None
    calls: int | None = None
    last_seen: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What tells edges apart, and their order."""
        return (str(self.source), str(self.target), self.kind.value, self.major or 0)


@dataclass(frozen=True, slots=True)
class Graph:
    """``truncated`` when there is more than the bound let in."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class PublishedShape:
    """An operation of a version in force, with the contract it is of."""

    contract: str
    major: int
    layer: str
    owner: str
    shape: OperationShape


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two operations are, each part from 0 to 1; ``fields`` is None when one of them has none."""

    one: PublishedShape
    other: PublishedShape
    path: float
    words: float
    fields: float | None
    shared_fields: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Three tenths path, three tenths words, four tenths fields; without fields, path and words alone."""
        if self.fields is None:
            return (self.path + self.words) / 2
        return 0.3 * self.path + 0.3 * self.words + 0.4 * self.fields


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two contracts with operations that do the same to the same entity, the most alike first."""

    contracts: tuple[str, str]
    likenesses: tuple[Likeness, ...] = field(default=())

    @property
    def score(self) -> float:
        """That of the operations most alike."""
        return self.likenesses[0].score


class Neglect(StrEnum):
    """What can be wrong with something that nobody looks after."""

    CONTRACT_NOT_CALLED = "contract_not_called"
    CONTRACT_WITHOUT_CONSUMER = "contract_without_consumer"
    SUNSET_PASSED = "sunset_passed"
    OWNER_WITHOUT_CLIENTS = "owner_without_clients"
    CONSUMER_NOT_CALLING = "consumer_not_calling"


@dataclass(frozen=True, slots=True, order=True)
class UpkeepFinding:
    """``subject`` is a node, ``major`` that of a contract; ``since`` is the last call, if there was any."""

    kind: Neglect
    subject: NodeId
    major: int | None
    owner: str | None
    detail: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """A version in force as the upkeep sees it."""

    contract: str
    major: int
    owner: str
    published_at: datetime
    sunset_at: datetime | None
    last_called_at: datetime | None
    is_declared: bool
