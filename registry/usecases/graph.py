"""Who owns, who calls, what depends: the part of the graph around a node."""

from __future__ import annotations

from datetime import timedelta

from registry.errors import Invalid, NotFound
from registry.model.graph import Direction, Edge, Graph, NodeId
from registry.usecases.services import Services

EDGES_PER_NODE = 4
"""Edges answered for each node that may be: teams, consumers and schemas are linked that closely."""


def graph_around(
    services: Services, focus: str, direction: Direction, depth: int, days: int, nodes_max: int
) -> Graph:
    """Nodes within ``depth`` edges of the focus, nearest first, and the edges that led to them.

    Calls of the last ``days`` days count, today included. Raises `NotFound` for a node that is not there.
    """
    try:
        start = NodeId.read(focus)
    except ValueError:
        raise Invalid(
            "node_invalid", "A node is written kind:name, of team, contract, consumer, schema."
        ) from None
    since = (services.clock() - timedelta(days=days - 1)).date()
    edges_max = nodes_max * EDGES_PER_NODE
    with services.store.reading() as transaction:
        if not transaction.graph.exists(start):
            raise NotFound("node_not_found", f"There is no {start.kind.value} {start.name}.")
        reached: dict[NodeId, None] = {start: None}
        edges: dict[tuple[str, str, str, int], Edge] = {}
        frontier = [start]
        truncated = False
        for _ in range(depth):
            found: list[Edge] = []
            for along in ways(direction):
                found += transaction.graph.edges(frontier, along=along, since=since, count=edges_max + 1)
            truncated = truncated or len(found) > edges_max
            frontier = []
            for edge in sorted(found, key=lambda one: one.key):
                ends = [end for end in (edge.source, edge.target) if end not in reached]
                if len(reached) + len(ends) > nodes_max or len(edges) >= edges_max:
                    truncated = True
                    continue
                edges[edge.key] = edge
                for end in ends:
                    reached[end] = None
                    frontier.append(end)
            if not frontier:
                break
        nodes = transaction.graph.nodes(list(reached))
    return Graph(tuple(nodes), tuple(edges[key] for key in sorted(edges)), truncated)


def ways(direction: Direction) -> tuple[bool, ...]:
    """Along the edges (True), against them (False)."""
    return {Direction.OUT: (True,), Direction.IN: (False,), Direction.BOTH: (True, False)}[direction]
