"""What concerns a team, in SQL: versions that end and its own calls to them, and drift on its contracts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, distinct, func, or_, select

from registry.model import REFUSED_STATUSES, Contract, Lifecycle, State, Subscription, semantic_version
from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.catalog import contract_of
from registry.storage.parties import subscription_of
from registry.storage.sight import visible, visible_contracts

LIFECYCLES = tables.lifecycles.c
USAGE = tables.usage.c
DRIFT = tables.drift.c
CONSUMERS = tables.consumers.c
IS_ENDING = (LIFECYCLES.state != State.RETIRED.value) & or_(
    LIFECYCLES.deprecated_at.is_not(None), LIFECYCLES.sunset_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class SqlInbox:
    """The inbox over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def ending(self, contracts: Collection[str] | None) -> list[tuple[Contract, int, Lifecycle]]:
        """Major versions that have a date of deprecation or of their end, and are not retired."""
        query = (
            select(tables.contracts, *tables.lifecycles.columns[1:])
            .join(tables.contracts, tables.contracts.c.name == LIFECYCLES.contract)
            .where(IS_ENDING, visible_contracts(self.sight))
            .order_by(LIFECYCLES.contract, LIFECYCLES.major)
        )
        if contracts is not None:
            query = query.where(LIFECYCLES.contract.in_(sorted(contracts)))
        return [
            (
                contract_of(row),
                row.major,
                Lifecycle(State(row.state), row.deprecated_at, row.sunset_at, row.successor),
            )
            for row in self.connection.execute(query)
        ]

    def calls_of_team(self, team: str, since: date) -> dict[tuple[str, int], dict[str, datetime]]:
        """The last calls of each consumer of the team by contract and major version."""
        ending = select(LIFECYCLES.contract).where(IS_ENDING, visible(self.sight, LIFECYCLES.contract))
        query = (
            select(USAGE.contract, USAGE.version, USAGE.consumer, func.max(USAGE.last_seen))
            .join(tables.consumers, CONSUMERS.name == USAGE.consumer)
            .where(
                CONSUMERS.owner == team,
                USAGE.day >= since,
                USAGE.status.not_in(REFUSED_STATUSES),
                USAGE.contract.in_(ending),
            )
            .group_by(USAGE.contract, USAGE.version, USAGE.consumer)
        )
        found: dict[tuple[str, int], dict[str, datetime]] = {}
        for contract, version, consumer, last_seen in self.connection.execute(query):
            calls = found.setdefault((contract, semantic_version(version).major), {})
            calls[consumer] = max(last_seen, calls.get(consumer, last_seen))
        return found

    def declared_by_team(self, team: str) -> list[Subscription]:
        """To versions that end."""
        table = tables.subscriptions.c
        query = (
            select(tables.subscriptions)
            .join(tables.consumers, CONSUMERS.name == table.consumer)
            .join(
                tables.lifecycles,
                (LIFECYCLES.contract == table.contract) & (LIFECYCLES.major == table.major),
            )
            .where(CONSUMERS.owner == team, IS_ENDING, visible(self.sight, table.contract))
            .order_by(table.contract, table.major, table.consumer)
        )
        return [subscription_of(row) for row in self.connection.execute(query)]

    def drift_of_team(self, team: str, since: datetime) -> list[tuple[str, int, int, datetime, datetime]]:
        """By contract: answers off contract, how many operations, and when the first and the last was."""
        query = (
            select(
                DRIFT.contract,
                func.sum(DRIFT.count).label("answers"),
                func.count(distinct(DRIFT.operation)).label("operations"),
                func.min(DRIFT.first_seen).label("first_seen"),
                func.max(DRIFT.last_seen).label("last_seen"),
            )
            .join(tables.contracts, tables.contracts.c.name == DRIFT.contract)
            .where(tables.contracts.c.owner == team, DRIFT.last_seen >= since, visible_contracts(self.sight))
            .group_by(DRIFT.contract)
            .order_by(DRIFT.contract)
        )
        return [
            (row.contract, int(row.answers), int(row.operations), row.first_seen, row.last_seen)
            for row in self.connection.execute(query)
        ]
