"""Where the graph of owners, consumers, contracts and schemas is read from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from registry.model.graph import Edge, InForce, Node, NodeId, PublishedShape


class GraphSource(Protocol):
    """Edges of the graph, operations alike, and signs of life."""

    def edges(self, nodes: Sequence[NodeId], *, along: bool, since: date, count: int) -> list[Edge]:
        """Edges that leave the nodes, or enter them; at most so many of each kind."""

    def exists(self, node: NodeId) -> bool: ...
    def nodes(self, wanted: Sequence[NodeId]) -> list[Node]: ...
    def shapes_alike(self, count: int) -> list[PublishedShape]:
        """Operations that do the same to an entity as one of another contract, by entity and action."""

    def in_force(self) -> list[InForce]: ...
    def owners_without_clients(self) -> list[str]: ...
    def consumers_by_last_call(self) -> list[tuple[str, str, datetime, datetime | None]]:
        """Each registered consumer with its owner, since when it is registered, and its last call."""
