"""Webhooks in SQL, with their secrets and the state that deliveries leave on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from registry.model.webhooks import (
    EventType,
    Webhook,
    WebhookDefinition,
    WebhookKey,
    WebhookSecret,
    WebhookState,
)
from registry.storage import tables
from registry.storage.upsert import insert_new

WEBHOOKS = tables.webhooks.c
SECRETS = tables.webhook_secrets.c


@dataclass(frozen=True, slots=True)
class SqlWebhooks:
    """Webhooks over one connection."""

    connection: Connection

    def add(self, webhook: Webhook) -> None:
        values = {
            **values_of(webhook),
            "id": webhook.id,
            "owner": webhook.owner,
            "created_at": webhook.created_at,
            "created_by": webhook.created_by,
            "epoch": webhook.epoch,
        }
        self.connection.execute(insert(tables.webhooks).values(values))

    def webhook(self, webhook_id: str) -> Webhook | None:
        query = select(tables.webhooks).where(WEBHOOKS.id == webhook_id)
        row = self.connection.execute(query).one_or_none()
        return webhook_of(row) if row else None

    def of_team(self, team: str, after: str | None, count: int) -> list[Webhook]:
        query = select(tables.webhooks).where(WEBHOOKS.owner == team).order_by(WEBHOOKS.id).limit(count)
        if after is not None:
            query = query.where(WEBHOOKS.id > after)
        return [webhook_of(row) for row in self.connection.execute(query)]

    def in_state(self, state: WebhookState, owner: str | None) -> list[Webhook]:
        query = select(tables.webhooks).where(WEBHOOKS.state == state.value).order_by(WEBHOOKS.id)
        if owner is not None:
            query = query.where(WEBHOOKS.owner == owner)
        return [webhook_of(row) for row in self.connection.execute(query)]

    def update(self, webhook: Webhook) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
        statement = update(tables.webhooks).where(WEBHOOKS.id == webhook.id, WEBHOOKS.epoch == webhook.epoch)
        values = {**values_of(webhook), "epoch": webhook.epoch + 1}
        return self.connection.execute(statement.values(values)).rowcount == 1

    def disable(self, webhook_id: str, at: datetime, reason: str) -> bool:
        """False when it is not active any more."""
        statement = update(tables.webhooks).where(
            WEBHOOKS.id == webhook_id, WEBHOOKS.state == WebhookState.ACTIVE.value
        )
        values = {
            "state": WebhookState.DISABLED.value,
            "disabled_at": at,
            "disabled_reason": reason,
            "epoch": WEBHOOKS.epoch + 1,
        }
        return self.connection.execute(statement.values(values)).rowcount == 1

    def remove(self, webhook_id: str) -> None:
        """With its secrets; its deliveries are to be gone."""
        self.connection.execute(delete(tables.webhook_secrets).where(SECRETS.webhook_id == webhook_id))
        self.connection.execute(delete(tables.webhooks).where(WEBHOOKS.id == webhook_id))

    def add_secret(self, secret: WebhookSecret) -> None:
        self.connection.execute(insert(tables.webhook_secrets).values(asdict(secret)))

    def secrets(self, webhook_id: str) -> list[WebhookSecret]:
        """The newest first."""
        query = select(tables.webhook_secrets).where(SECRETS.webhook_id == webhook_id)
        rows = self.connection.execute(query.order_by(SECRETS.created_at.desc(), SECRETS.id))
        return [WebhookSecret(*row) for row in rows]

    def remove_secret(self, webhook_id: str, secret_id: str) -> bool:
        statement = delete(tables.webhook_secrets).where(
            SECRETS.webhook_id == webhook_id, SECRETS.id == secret_id
        )
        return self.connection.execute(statement).rowcount == 1

    def add_key(self, key: WebhookKey) -> None:
        self.connection.execute(insert_new(self.connection, tables.webhook_keys), asdict(key))

    def secret_keys(self) -> list[WebhookKey]:
        query = select(tables.webhook_keys).order_by(tables.webhook_keys.c.created_at.desc())
        return [WebhookKey(*row) for row in self.connection.execute(query)]

    def succeeded(self, webhook_id: str) -> None:
        statement = update(tables.webhooks).where(WEBHOOKS.id == webhook_id, WEBHOOKS.failures > 0)
        self.connection.execute(statement.values(failing_since=None, failures=0))

    def failed(self, webhook_id: str, at: datetime) -> Webhook | None:
        """Counts a failure; the webhook as it stands then."""
        statement = update(tables.webhooks).where(WEBHOOKS.id == webhook_id)
        statement = statement.values(failures=WEBHOOKS.failures + 1)
        row = self.connection.execute(statement.returning(*tables.webhooks.columns)).one_or_none()
        if row is None:
            return None
        webhook = webhook_of(row)
        if webhook.failing_since is None:
            first = update(tables.webhooks).where(WEBHOOKS.id == webhook_id)
            self.connection.execute(first.values(failing_since=at))
            webhook = replace(webhook, failing_since=at)
        return webhook


def values_of(webhook: Webhook) -> Mapping[str, Any]:
    """The columns that change."""
    wanted = webhook.definition
    return {
        "url": wanted.url,
        "types": [one.value for one in wanted.types],
        "contracts": list(wanted.contracts),
        "domains": list(wanted.domains),
        "state": wanted.state.value,
        "failing_since": webhook.failing_since,
        "failures": webhook.failures,
        "disabled_at": webhook.disabled_at,
        "disabled_reason": webhook.disabled_reason,
    }


def webhook_of(row: Row[Any]) -> Webhook:
    """A row of `webhooks`."""
    return Webhook(
        id=row.id,
        owner=row.owner,
        definition=WebhookDefinition(
            url=row.url,
            types=tuple(EventType(one) for one in row.types),
            contracts=tuple(row.contracts),
            domains=tuple(row.domains),
            state=WebhookState(row.state),
        ),
        created_at=row.created_at,
        created_by=row.created_by,
        epoch=row.epoch,
        failing_since=row.failing_since,
        failures=row.failures,
        disabled_at=row.disabled_at,
        disabled_reason=row.disabled_reason,
    )
