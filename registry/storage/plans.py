"""Plans to end a version in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_, update

from registry.model import REFUSED_STATUSES, moment, rfc3339
from registry.model.access import EVERYTHING, Sight
from registry.model.plans import (
    Acknowledgement,
    Caller,
    DeprecationPlan,
    Milestone,
    PlanDefinition,
    PlanState,
)
from registry.storage import tables
from registry.storage.sight import visible

PLANS = tables.deprecation_plans.c
SAID = tables.plan_acknowledgements.c
USAGE = tables.usage.c


@dataclass(frozen=True, slots=True)
class SqlPlans:
    """Plans over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def plan(self, contract: str, major: int) -> DeprecationPlan | None:
        query = select(tables.deprecation_plans).where(
            PLANS.contract == contract, PLANS.major == major, visible(self.sight, PLANS.contract)
        )
        row = self.connection.execute(query).one_or_none()
        return plan_of(row) if row else None

    def put(self, plan: DeprecationPlan) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
        values = values_of(plan) | {"epoch": plan.epoch + 1}
        if plan.epoch == 0:
            if self.plan(plan.contract, plan.major) is not None:
                return False
            key = {"contract": plan.contract, "major": plan.major}
            self.connection.execute(insert(tables.deprecation_plans).values(values | key))
            return True
        statement = update(tables.deprecation_plans).where(
            PLANS.contract == plan.contract, PLANS.major == plan.major, PLANS.epoch == plan.epoch
        )
        return self.connection.execute(statement.values(values)).rowcount == 1

    def plans(
        self, contract: str | None, state: PlanState | None, after: tuple[str, int] | None, count: int
    ) -> list[DeprecationPlan]:
        query = select(tables.deprecation_plans).where(visible(self.sight, PLANS.contract))
        query = query.order_by(PLANS.contract, PLANS.major).limit(count)
        if contract is not None:
            query = query.where(PLANS.contract == contract)
        if state is not None:
            query = query.where(PLANS.state == state.value)
        if after is not None:
            query = query.where(tuple_(PLANS.contract, PLANS.major) > tuple_(*after))
        return [plan_of(row) for row in self.connection.execute(query)]

    def due(self, now: datetime, count: int) -> list[DeprecationPlan]:
        """Active plans with something to tell, the longest waiting first."""
        query = select(tables.deprecation_plans).where(
            PLANS.next_notice_at <= now,
            PLANS.state == PlanState.ACTIVE.value,
            visible(self.sight, PLANS.contract),
        )
        rows = self.connection.execute(query.order_by(PLANS.next_notice_at).limit(count))
        return [plan_of(row) for row in rows]

    def acknowledgements(self, contract: str, major: int) -> dict[str, Acknowledgement]:
        """By consumer."""
        query = select(tables.plan_acknowledgements).where(
            SAID.contract == contract, SAID.major == major, visible(self.sight, SAID.contract)
        )
        return {
            row.consumer: Acknowledgement(
                row.consumer, row.team, row.at, row.client_id, row.text, row.moves_by
            )
            for row in self.connection.execute(query)
        }

    def acknowledge(self, contract: str, major: int, acknowledgement: Acknowledgement) -> None:
        """Replaces what was said for the same consumer before."""
        before = delete(tables.plan_acknowledgements).where(
            SAID.contract == contract, SAID.major == major, SAID.consumer == acknowledgement.consumer
        )
        self.connection.execute(before)
        values = asdict(acknowledgement) | {"contract": contract, "major": major}
        self.connection.execute(insert(tables.plan_acknowledgements).values(values))

    def callers(self, contract: str, major: int | None, since: date, count: int) -> list[Caller]:
        """Consumers whose calls were not refused, the busiest first; of any major version for None."""
        query = (
            select(
                USAGE.consumer,
                tables.consumers.c.owner,
                func.sum(USAGE.calls).label("calls"),
                func.max(USAGE.last_seen).label("last_seen"),
            )
            .outerjoin(tables.consumers, tables.consumers.c.name == USAGE.consumer)
            .where(
                USAGE.contract == contract,
                USAGE.day >= since,
                USAGE.status.not_in(REFUSED_STATUSES),
                visible(self.sight, USAGE.contract),
            )
            .group_by(USAGE.consumer, tables.consumers.c.owner)
            .order_by(func.sum(USAGE.calls).desc(), USAGE.consumer)
            .limit(count)
        )
        if major is not None:
            query = query.where(USAGE.version.startswith(f"{major}."))
        return [
            Caller(row.consumer, row.owner, int(row.calls), row.last_seen)
            for row in self.connection.execute(query)
        ]


def values_of(plan: DeprecationPlan) -> dict[str, Any]:
    """The columns, less the key and the epoch."""
    wanted = plan.definition
    return {
        "state": plan.state.value,
        "deprecate_at": wanted.deprecate_at,
        "sunset_at": wanted.sunset_at,
        "successor": wanted.successor,
        "guide": wanted.guide,
        "milestones": [[rfc3339(one.at), one.title] for one in wanted.milestones],
        "announced_at": plan.announced_at,
        "announced_by": plan.announced_by,
        "next_notice_at": plan.next_notice_at,
    }


def plan_of(row: Row[Any]) -> DeprecationPlan:
    """A row of `deprecation_plans`."""
    definition = PlanDefinition(
        row.deprecate_at,
        row.sunset_at,
        row.successor,
        row.guide,
        tuple(Milestone(moment(at), title) for at, title in row.milestones),
    )
    return DeprecationPlan(
        row.contract,
        row.major,
        definition,
        PlanState(row.state),
        row.announced_at,
        row.announced_by,
        row.next_notice_at,
        row.epoch,
    )
