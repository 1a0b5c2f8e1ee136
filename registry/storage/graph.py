"""Edges of the graph, operations alike, and signs of life, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, true

from registry.model import REFUSED_STATUSES, OperationShape
from registry.model.access import EVERYTHING, Sight
from registry.model.graph import (
    Edge,
    EdgeKind,
    InForce,
    Node,
    NodeId,
    NodeKind,
    PublishedShape,
)
from registry.storage import tables
from registry.storage.sight import visible, visible_contracts

CONTRACTS = tables.contracts.c
CONSUMERS = tables.consumers.c
SUBSCRIPTIONS = tables.subscriptions.c
USAGE = tables.usage.c
LAST = tables.last_calls.c
LINKS = tables.catalog_links.c
OPERATIONS = tables.catalog_operations.c
ENTRIES = tables.catalog_entries.c
CLIENTS = tables.clients.c
SCHEMA_KIND = "jsonschema"


@dataclass(frozen=True, slots=True)
class SqlGraph:
    """The graph over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def edges(self, nodes: Sequence[NodeId], *, along: bool, since: date, count: int) -> list[Edge]:
        """Edges that leave the nodes, or enter them; at most so many of each kind."""
        names: dict[NodeKind, list[str]] = {kind: [] for kind in NodeKind}
        for node in nodes:
            names[node.kind].append(node.name)
        found = self._owned(names, along, count) + self._declared(names, along, count)
        return found + self._observed(names, along, since, count) + self._references(names, along, count)

    def _owned(self, names: dict[NodeKind, list[str]], along: bool, count: int) -> list[Edge]:
        found = []
        for kind, table in ((NodeKind.CONTRACT, CONTRACTS), (NodeKind.CONSUMER, CONSUMERS)):
            asked = table.owner.in_(names[NodeKind.TEAM]) if along else table.name.in_(names[kind])
            seen = visible_contracts(self.sight) if kind is NodeKind.CONTRACT else true()
            query = select(table.owner, table.name).where(asked, seen).order_by(table.owner, table.name)
            for owner, name in self.connection.execute(query.limit(count)):
                found.append(Edge(NodeId(NodeKind.TEAM, owner), NodeId(kind, name), EdgeKind.OWNS))
        return found

    def _declared(self, names: dict[NodeKind, list[str]], along: bool, count: int) -> list[Edge]:
        asked = used_by(names, SUBSCRIPTIONS.consumer, SUBSCRIPTIONS.contract, along)
        query = select(SUBSCRIPTIONS.consumer, SUBSCRIPTIONS.contract, SUBSCRIPTIONS.major).where(
            asked, visible(self.sight, SUBSCRIPTIONS.contract)
        )
        order = (SUBSCRIPTIONS.consumer, SUBSCRIPTIONS.contract, SUBSCRIPTIONS.major)
        return [
            Edge(consumer_node(consumer), contract_node(contract), EdgeKind.DECLARES, major)
            for consumer, contract, major in self.connection.execute(query.order_by(*order).limit(count))
        ]

    def _observed(self, names: dict[NodeKind, list[str]], along: bool, since: date, count: int) -> list[Edge]:
        query = (
            select(
                USAGE.consumer,
                USAGE.contract,
                USAGE.version,
                func.sum(USAGE.calls).label("calls"),
                func.max(USAGE.last_seen).label("last_seen"),
            )
            .where(
                used_by(names, USAGE.consumer, USAGE.contract, along),
                USAGE.day >= since,
                USAGE.status.not_in(REFUSED_STATUSES),
                visible(self.sight, USAGE.contract),
            )
            .group_by(USAGE.consumer, USAGE.contract, USAGE.version)
            .order_by(USAGE.consumer, USAGE.contract, USAGE.version)
        )
        merged: dict[tuple[str, str, int], Edge] = {}
        for consumer, contract, version, calls, last_seen in self.connection.execute(query.limit(count)):
            major = int(version.partition(".")[0])
            before = merged.get((consumer, contract, major))
            merged[consumer, contract, major] = Edge(
                consumer_node(consumer),
                contract_node(contract),
                EdgeKind.CALLS,
                major,
                int(calls) + ((before.calls or 0) if before else 0),
                max(last_seen, before.last_seen) if before and before.last_seen else last_seen,
            )
        return list(merged.values())

    def _references(self, names: dict[NodeKind, list[str]], along: bool, count: int) -> list[Edge]:
        contracts, schemas = names[NodeKind.CONTRACT], names[NodeKind.SCHEMA]
        if along:
            own = and_(LINKS.source == "", LINKS.contract.in_(contracts))
            asked = or_(own, LINKS.source.in_([name for name in schemas if name]))
        else:
            asked = LINKS.target.in_(schemas)
        query = select(LINKS.contract, LINKS.major, LINKS.source, LINKS.target).where(
            asked, visible(self.sight, LINKS.contract)
        )
        order = (LINKS.contract, LINKS.major, LINKS.source, LINKS.target)
        found: dict[tuple[str, str, str, int], Edge] = {}
        for contract, major, source, target in self.connection.execute(query.order_by(*order).limit(count)):
            aim = NodeId(NodeKind.SCHEMA, target)
            if source:
                edge = Edge(NodeId(NodeKind.SCHEMA, source), aim, EdgeKind.REFERS)
            else:
                edge = Edge(contract_node(contract), aim, EdgeKind.REFERS, major)
            found[edge.key] = edge
        return list(found.values())

    def exists(self, node: NodeId) -> bool:
        """Whether the node is registered, or for a schema referred to by a version in force."""
        if node.kind is NodeKind.SCHEMA:
            asked = or_(LINKS.target == node.name, LINKS.source == node.name)
            query: Select[Any] = select(LINKS.contract).where(
                asked, LINKS.target != "", visible(self.sight, LINKS.contract)
            )
            return bool(node.name) and self.connection.execute(query.limit(1)).first() is not None
        table = {
            NodeKind.TEAM: tables.teams,
            NodeKind.CONTRACT: tables.contracts,
            NodeKind.CONSUMER: tables.consumers,
        }[node.kind]
        seen = visible_contracts(self.sight) if node.kind is NodeKind.CONTRACT else true()
        named = select(table.c.name).where(table.c.name == node.name, seen)
        return self.connection.execute(named).first() is not None

    def nodes(self, wanted: Sequence[NodeId]) -> list[Node]:
        """What is known of the nodes, in the order given."""
        names = {kind: [node.name for node in wanted if node.kind is kind] for kind in NodeKind}
        known: dict[NodeId, Node] = {}
        teams = select(tables.teams.c.name, tables.teams.c.title)
        for name, title in self.connection.execute(
            teams.where(tables.teams.c.name.in_(names[NodeKind.TEAM]))
        ):
            known[NodeId(NodeKind.TEAM, name)] = Node(NodeId(NodeKind.TEAM, name), title)
        consumers = select(CONSUMERS.name, CONSUMERS.owner, CONSUMERS.layer)
        for name, owner, layer in self.connection.execute(
            consumers.where(CONSUMERS.name.in_(names[NodeKind.CONSUMER]))
        ):
            known[consumer_node(name)] = Node(consumer_node(name), None, owner, layer)
        contracts = select(
            CONTRACTS.name, CONTRACTS.title, CONTRACTS.owner, CONTRACTS.layer, CONTRACTS.domain
        )
        for name, *more in self.connection.execute(
            contracts.where(CONTRACTS.name.in_(names[NodeKind.CONTRACT]), visible_contracts(self.sight))
        ):
            known[contract_node(name)] = Node(contract_node(name), *more)
        return [known.get(node, Node(node)) for node in wanted]

    def shapes_alike(self, count: int) -> list[PublishedShape]:
        """Operations that do the same to an entity as one of another contract, by entity and action."""
        groups = (
            select(OPERATIONS.entity, OPERATIONS.action)
            .where(OPERATIONS.entity != "", visible(self.sight, OPERATIONS.contract))
            .group_by(OPERATIONS.entity, OPERATIONS.action)
            .having(func.count(OPERATIONS.contract.distinct()) > 1)
            .subquery()
        )
        same = and_(groups.c.entity == OPERATIONS.entity, groups.c.action == OPERATIONS.action)
        query = (
            select(tables.catalog_operations, CONTRACTS.layer, CONTRACTS.owner)
            .join(groups, same)
            .join(tables.contracts, CONTRACTS.name == OPERATIONS.contract)
            .where(visible_contracts(self.sight))
            .order_by(
                OPERATIONS.entity,
                OPERATIONS.action,
                OPERATIONS.contract,
                OPERATIONS.major,
                OPERATIONS.position,
            )
            .limit(count)
        )
        return [
            PublishedShape(
                row.contract,
                row.major,
                row.layer,
                row.owner,
                OperationShape(
                    row.operation_id,
                    row.name,
                    row.action,
                    row.entity,
                    tuple(row.words),
                    tuple(row._mapping["fields"]),
                ),
            )
            for row in self.connection.execute(query)
        ]

    def in_force(self) -> list[InForce]:
        """Every version in force with its signs of life; schemas have none, since nobody calls them."""
        by_major = {
            (contract, major): at for contract, major, at in self._last_calls(LAST.contract, LAST.major)
        }
        subscribed = select(SUBSCRIPTIONS.contract, SUBSCRIPTIONS.major).where(
            visible(self.sight, SUBSCRIPTIONS.contract)
        )
        declared = {(contract, major) for contract, major in self.connection.execute(subscribed)}
        versions, lifecycles = tables.versions.c, tables.lifecycles.c
        query = (
            select(
                ENTRIES.contract, ENTRIES.major, CONTRACTS.owner, versions.published_at, lifecycles.sunset_at
            )
            .join(tables.contracts, CONTRACTS.name == ENTRIES.contract)
            .join(
                tables.versions,
                and_(
                    versions.contract == ENTRIES.contract,
                    versions.major == ENTRIES.major,
                    versions.minor == ENTRIES.minor,
                    versions.patch == ENTRIES.patch,
                ),
            )
            .outerjoin(
                tables.lifecycles,
                and_(lifecycles.contract == ENTRIES.contract, lifecycles.major == ENTRIES.major),
            )
            .where(CONTRACTS.kind != SCHEMA_KIND, visible_contracts(self.sight))
            .order_by(ENTRIES.contract, ENTRIES.major)
        )
        return [
            InForce(
                contract,
                major,
                owner,
                published_at,
                sunset_at,
                by_major.get((contract, major)),
                (contract, major) in declared,
            )
            for contract, major, owner, published_at, sunset_at in self.connection.execute(query)
        ]

    def _last_calls(self, *keys: Any) -> list[Any]:
        query = select(*keys, func.max(LAST.last_seen)).where(visible(self.sight, LAST.contract))
        return list(self.connection.execute(query.group_by(*keys)))

    def owners_without_clients(self) -> list[str]:
        """Teams that own a contract and have no client that is not withdrawn."""
        clients = select(CLIENTS.party).where(CLIENTS.kind == "team", CLIENTS.withdrawn_at.is_(None))
        query = select(CONTRACTS.owner).where(CONTRACTS.owner.not_in(clients), visible_contracts(self.sight))
        return sorted(self.connection.execute(query.distinct()).scalars())

    def consumers_by_last_call(self) -> list[tuple[str, str, datetime, datetime | None]]:
        """Each registered consumer with its owner, since when it is registered, and its last call."""
        called = {row[0]: row[1] for row in self._last_calls(LAST.consumer)}
        query = select(CONSUMERS.name, CONSUMERS.owner, CONSUMERS.created_at).order_by(CONSUMERS.name)
        return [(name, owner, at, called.get(name)) for name, owner, at in self.connection.execute(query)]


def used_by(names: dict[NodeKind, list[str]], consumer: Any, contract: Any, along: bool) -> Any:
    """The condition on who uses what, from either end."""
    return consumer.in_(names[NodeKind.CONSUMER]) if along else contract.in_(names[NodeKind.CONTRACT])


def consumer_node(name: str) -> NodeId:
    """A consumer's."""
    return NodeId(NodeKind.CONSUMER, name)


def contract_node(name: str) -> NodeId:
    """A contract's."""
    return NodeId(NodeKind.CONTRACT, name)
