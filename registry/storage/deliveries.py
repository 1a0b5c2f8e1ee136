"""Events and deliveries in SQL. A worker leases what it sends, so that no other sends it meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from registry.model.webhooks import (
    Attempt,
    Delivery,
    DeliveryState,
    Event,
    EventType,
    WebhookState,
    Work,
)
from registry.storage import tables
from registry.storage.webhooks import SqlWebhooks

DELIVERIES = tables.webhook_deliveries.c
EVENTS = tables.webhook_events.c
WEBHOOKS = tables.webhooks.c
ATTEMPTS = tables.webhook_attempts.c
# Spelled out, since SQLite takes a partial index only where it sees the value.
IS_PENDING = DELIVERIES.state == literal_column(f"'{DeliveryState.PENDING.value}'")


@dataclass(frozen=True, slots=True)
class SqlDeliveries:
    """Deliveries over one connection."""

    connection: Connection

    def add_event(self, event: Event, webhook_ids: Sequence[str]) -> None:
        """Keeps the event with a delivery to each webhook, due at once."""
        row = {"id": event.id, "type": event.type.value, "at": event.at, "body": event.body}
        self.connection.execute(insert(tables.webhook_events).values(row))
        rows = [
            {
                "id": f"dlv_{event.id.removeprefix('evt_')}{webhook_id.removeprefix('whk_')}",
                "event_id": event.id,
                "webhook_id": webhook_id,
                "type": event.type.value,
                "state": DeliveryState.PENDING.value,
                "attempts": 0,
                "tries": 0,
                "created_at": event.at,
                "next_at": event.at,
            }
            for webhook_id in webhook_ids
        ]
        self.connection.execute(insert(tables.webhook_deliveries), rows)

    def pending(self, webhook_id: str, count_max: int) -> int:
        """Deliveries that wait; no more than that many are counted."""
        query = select(DELIVERIES.id).where(DELIVERIES.webhook_id == webhook_id, IS_PENDING)
        counted = select(func.count()).select_from(query.limit(count_max).subquery())
        return int(self.connection.execute(counted).scalar_one())

    def due(self, now: datetime, failing: bool, busy: Collection[str], count: int) -> list[str]:
        """Webhooks that something is due for, the longest waiting first."""
        # The first of each by the index, however many wait behind it.
        first = (
            select(DELIVERIES.next_at)
            .where(DELIVERIES.webhook_id == WEBHOOKS.id, IS_PENDING, DELIVERIES.next_at <= now, is_free(now))
            .order_by(DELIVERIES.next_at)
            .limit(1)
            .scalar_subquery()
        )
        waiting = (
            select(WEBHOOKS.id, first.label("next_at"))
            .where(
                WEBHOOKS.state == WebhookState.ACTIVE.value,
                WEBHOOKS.failing_since.is_not(None) if failing else WEBHOOKS.failing_since.is_(None),
                WEBHOOKS.id.not_in(sorted(busy)),
            )
            .subquery()
        )
        query = select(waiting.c.id).where(waiting.c.next_at.is_not(None))
        return list(
            self.connection.execute(query.order_by(waiting.c.next_at, waiting.c.id).limit(count)).scalars()
        )

    def lease(self, webhook_id: str, worker: str, now: datetime, until: datetime, count: int) -> list[Work]:
        """Deliveries that are this worker's alone until then."""
        # PostgreSQL passes over rows that another is leasing at this moment; SQLite has one writer.
        wanted = (
            select(DELIVERIES.id)
            .where(DELIVERIES.webhook_id == webhook_id, IS_PENDING, DELIVERIES.next_at <= now, is_free(now))
            .order_by(DELIVERIES.next_at)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        # Asked again of the row itself: it may have been leased between the two looks.
        statement = (
            update(tables.webhook_deliveries)
            .where(DELIVERIES.id.in_(wanted), IS_PENDING, is_free(now))
            .values(leased_by=worker, leased_until=until)
            .returning(*tables.webhook_deliveries.columns)
        )
        leased = [delivery_of(row) for row in self.connection.execute(statement)]
        webhooks = SqlWebhooks(self.connection)
        webhook = webhooks.webhook(webhook_id) if leased else None
        if webhook is None:
            return []
        secrets = tuple(webhooks.secrets(webhook_id))
        return [Work(one, webhook, secrets, self.body(one.event_id), worker) for one in leased]

    def release(self, worker: str) -> None:
        """Gives back what the worker has leased."""
        statement = update(tables.webhook_deliveries).where(IS_PENDING, DELIVERIES.leased_by == worker)
        self.connection.execute(statement.values(leased_by=None, leased_until=None))

    def settle(self, work: Work, attempt: Attempt, state: DeliveryState, next_at: datetime | None) -> bool:
        """Writes how an attempt went; False when the lease was lost meanwhile."""
        one = work.delivery
        statement = update(tables.webhook_deliveries).where(
            DELIVERIES.id == one.id, IS_PENDING, DELIVERIES.leased_by == work.worker
        )
        values = {
            "state": state.value,
            "attempts": attempt.number,
            "tries": one.tries + 1,
            "next_at": next_at,
            "leased_by": None,
            "leased_until": None,
            "finished_at": None if state is DeliveryState.PENDING else attempt.at,
        }
        if self.connection.execute(statement.values(values)).rowcount != 1:
            return False
        row = {
            "delivery_id": one.id,
            "number": attempt.number,
            "at": attempt.at,
            "status": attempt.status,
            "latency_ms": attempt.latency_ms,
            "error": attempt.error,
            "excerpt": attempt.excerpt,
        }
        self.connection.execute(insert(tables.webhook_attempts).values(row))
        return True

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, after: str | None, count: int
    ) -> list[Delivery]:
        """The newest first."""
        query = select(tables.webhook_deliveries).where(DELIVERIES.webhook_id == webhook_id)
        if state is not None:
            query = query.where(DELIVERIES.state == state.value)
        if after is not None:
            query = query.where(DELIVERIES.id < after)
        rows = self.connection.execute(query.order_by(DELIVERIES.id.desc()).limit(count))
        return [delivery_of(row) for row in rows]

    def delivery(self, delivery_id: str) -> Delivery | None:
        query = select(tables.webhook_deliveries).where(DELIVERIES.id == delivery_id)
        row = self.connection.execute(query).one_or_none()
        return delivery_of(row) if row else None

    def body(self, event_id: str) -> str:
        query = select(EVENTS.body).where(EVENTS.id == event_id)
        return str(self.connection.execute(query).scalar_one())

    def attempts(self, delivery_id: str, count: int) -> list[Attempt]:
        """The newest first."""
        query = select(tables.webhook_attempts).where(ATTEMPTS.delivery_id == delivery_id)
        rows = self.connection.execute(query.order_by(ATTEMPTS.number.desc()).limit(count))
        return [
            Attempt(row.number, row.at, row.status, row.latency_ms, row.error, row.excerpt) for row in rows
        ]

    def redeliver(self, delivery_id: str, at: datetime) -> bool:
        """Makes a settled delivery due again; False for one that is pending."""
        statement = update(tables.webhook_deliveries).where(DELIVERIES.id == delivery_id, ~IS_PENDING)
        values = {"state": DeliveryState.PENDING.value, "tries": 0, "next_at": at, "finished_at": None}
        return self.connection.execute(statement.values(values)).rowcount == 1

    def forget(self, before: datetime, rows_max: int) -> None:
        """Deletes what was settled before, and events that no delivery names any more."""
        settled = select(DELIVERIES.id).where(DELIVERIES.finished_at < before)
        self._remove(settled.order_by(DELIVERIES.finished_at).limit(rows_max))
        named = exists().where(DELIVERIES.event_id == EVENTS.id)
        unnamed = select(EVENTS.id).where(EVENTS.at < before, ~named).limit(rows_max)
        self.connection.execute(delete(tables.webhook_events).where(EVENTS.id.in_(unnamed)))

    def remove_of(self, webhook_id: str) -> None:
        """All deliveries to a webhook, with their attempts."""
        self._remove(select(DELIVERIES.id).where(DELIVERIES.webhook_id == webhook_id))

    def _remove(self, chosen: Select[Any]) -> None:
        found = list(self.connection.execute(chosen).scalars())
        for start in range(0, len(found), ROWS_NAMED_MAX):
            some = found[start : start + ROWS_NAMED_MAX]
            self.connection.execute(delete(tables.webhook_attempts).where(ATTEMPTS.delivery_id.in_(some)))
            self.connection.execute(delete(tables.webhook_deliveries).where(DELIVERIES.id.in_(some)))


ROWS_NAMED_MAX = 500
"""Identifiers in one statement."""


def is_free(now: datetime) -> ColumnElement[bool]:
    """Whether nobody has leased a delivery."""
    return or_(DELIVERIES.leased_until.is_(None), DELIVERIES.leased_until <= now)


def delivery_of(row: Row[Any]) -> Delivery:
    """A row of `webhook_deliveries`."""
    return Delivery(
        id=row.id,
        event_id=row.event_id,
        type=EventType(row.type),
        webhook_id=row.webhook_id,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        tries=row.tries,
        created_at=row.created_at,
        next_at=row.next_at,
        finished_at=row.finished_at,
    )
