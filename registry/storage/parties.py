"""Teams, consumers, their clients and subscriptions in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from registry.model import ClientKind, Consumer, Plan, Subscription, Team
from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.sight import visible


@dataclass(frozen=True, slots=True)
class SqlParties:
    """Parties over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def add_team(self, team: Team) -> None:
        self.connection.execute(insert(tables.teams).values(asdict(team)))

    def team(self, name: str) -> Team | None:
        row = self.connection.execute(select(tables.teams).where(tables.teams.c.name == name)).one_or_none()
        return Team(*row) if row else None

    def teams(self, after: str | None, count: int) -> list[Team]:
        query = select(tables.teams).order_by(tables.teams.c.name).limit(count)
        if after is not None:
            query = query.where(tables.teams.c.name > after)
        return [Team(*row) for row in self.connection.execute(query)]

    def add_consumer(self, consumer: Consumer) -> None:
        self.connection.execute(
            insert(tables.consumers).values(
                name=consumer.name,
                owner=consumer.owner,
                layer=consumer.layer,
                requests_per_second=consumer.plan.requests_per_second,
                burst=consumer.plan.burst,
                created_at=consumer.created_at,
            )
        )

    def consumer(self, name: str) -> Consumer | None:
        query = select(tables.consumers).where(tables.consumers.c.name == name)
        row = self.connection.execute(query).one_or_none()
        return consumer_of(row, self._client_ids([name]).get(name, ())) if row else None

    def consumers(self, after: str | None, count: int | None) -> list[Consumer]:
        query = select(tables.consumers).order_by(tables.consumers.c.name).limit(count)
        if after is not None:
            query = query.where(tables.consumers.c.name > after)
        rows = self.connection.execute(query).all()
        client_ids = self._client_ids([row.name for row in rows] if count is not None else None)
        return [consumer_of(row, client_ids.get(row.name, ())) for row in rows]

    def unregistered(self, names: Sequence[str]) -> list[str]:
        """Those of the names that no consumer has, in the order given."""
        query = select(tables.consumers.c.name).where(tables.consumers.c.name.in_(names))
        known = set(self.connection.execute(query).scalars())
        return [name for name in names if name not in known]

    def _client_ids(self, consumers: list[str] | None) -> dict[str, tuple[str, ...]]:
        table = tables.clients.c
        query = select(table.party, table.client_id).order_by(table.created_at, table.client_id)
        query = query.where(table.kind == ClientKind.CONSUMER.value, table.withdrawn_at.is_(None))
        if consumers is not None:
            query = query.where(table.party.in_(consumers))
        found: dict[str, tuple[str, ...]] = {}
        for party, client_id in self.connection.execute(query):
            found[party] = (*found.get(party, ()), client_id)
        return found

    def add_subscription(self, subscription: Subscription) -> None:
        values = asdict(subscription) | {"operations": list(subscription.operations)}
        self.connection.execute(insert(tables.subscriptions).values(values))

    def subscriptions(self, consumer: str, after: str | None, count: int) -> list[Subscription]:
        table = tables.subscriptions.c
        query = select(tables.subscriptions).where(
            table.consumer == consumer, visible(self.sight, table.contract)
        )
        query = query.order_by(table.id).limit(count)
        if after is not None:
            query = query.where(table.id > after)
        return [subscription_of(row) for row in self.connection.execute(query)]

    def subscribers(self, contract: str, major: int) -> list[tuple[Subscription, str]]:
        """Each subscription to a major version with the team that owns its consumer."""
        table = tables.subscriptions.c
        query = (
            select(tables.subscriptions, tables.consumers.c.owner)
            .join(tables.consumers, tables.consumers.c.name == table.consumer)
            .where(table.contract == contract, table.major == major, visible(self.sight, table.contract))
            .order_by(table.consumer)
        )
        return [(subscription_of(row), row.owner) for row in self.connection.execute(query)]

    def remove_subscription(self, consumer: str, subscription_id: str) -> bool:
        table = tables.subscriptions.c
        statement = delete(tables.subscriptions).where(
            table.id == subscription_id,
            table.consumer == consumer,
            visible(self.sight, table.contract),
        )
        return self.connection.execute(statement).rowcount == 1


def consumer_of(row: Row[Any], client_ids: tuple[str, ...]) -> Consumer:
    """A row of `consumers` with the clients that are not withdrawn."""
    plan = Plan(row.requests_per_second, row.burst)
    return Consumer(row.name, row.owner, row.layer, plan, row.created_at, client_ids)


def subscription_of(row: Row[Any]) -> Subscription:
    """A row of `subscriptions`."""
    return Subscription(row.id, row.consumer, row.contract, row.major, tuple(row.operations), row.created_at)
