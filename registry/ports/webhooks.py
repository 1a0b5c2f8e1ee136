"""Where webhooks, events and deliveries are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from registry.model.webhooks import (
    Attempt,
    Delivery,
    DeliveryState,
    Event,
    Webhook,
    WebhookKey,
    WebhookSecret,
    WebhookState,
    Work,
)


class Webhooks(Protocol):
    """Webhooks with their secrets, and what is on its way to them."""

    def add(self, webhook: Webhook) -> None: ...
    def webhook(self, webhook_id: str) -> Webhook | None: ...
    def of_team(self, team: str, after: str | None, count: int) -> list[Webhook]: ...
    def in_state(self, state: WebhookState, owner: str | None) -> list[Webhook]: ...
    def update(self, webhook: Webhook) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""

    def disable(self, webhook_id: str, at: datetime, reason: str) -> bool:
        """False when it is not active any more."""

    def remove(self, webhook_id: str) -> None:
        """With its secrets; its deliveries are to be gone."""

    def add_secret(self, secret: WebhookSecret) -> None: ...
    def secrets(self, webhook_id: str) -> list[WebhookSecret]:
        """The newest first."""

    def remove_secret(self, webhook_id: str, secret_id: str) -> bool: ...
    def add_key(self, key: WebhookKey) -> None: ...
    def secret_keys(self) -> list[WebhookKey]: ...
    def succeeded(self, webhook_id: str) -> None: ...
    def failed(self, webhook_id: str, at: datetime) -> Webhook | None:
        """Counts a failure; the webhook as it stands then."""


class Deliveries(Protocol):
    """Events, and their way to each webhook."""

    def add_event(self, event: Event, webhook_ids: Sequence[str]) -> None:
        """Keeps the event with a delivery to each webhook, due at once."""

    def pending(self, webhook_id: str, count_max: int) -> int:
        """Deliveries that wait; no more than that many are counted."""

    def due(self, now: datetime, failing: bool, busy: Collection[str], count: int) -> list[str]:
        """Webhooks that something is due for, the longest waiting first."""

    def lease(self, webhook_id: str, worker: str, now: datetime, until: datetime, count: int) -> list[Work]:
        """Deliveries that are this worker's alone until then."""

    def release(self, worker: str) -> None:
        """Gives back what the worker has leased."""

    def settle(self, work: Work, attempt: Attempt, state: DeliveryState, next_at: datetime | None) -> bool:
        """Writes how an attempt went; False when the lease was lost meanwhile."""

    def deliveries(
        self, webhook_id: str, state: DeliveryState | None, after: str | None, count: int
    ) -> list[Delivery]:
        """The newest first."""

    def delivery(self, delivery_id: str) -> Delivery | None: ...
    def body(self, event_id: str) -> str: ...
    def attempts(self, delivery_id: str, count: int) -> list[Attempt]:
        """The newest first."""

    def redeliver(self, delivery_id: str, at: datetime) -> bool:
        """Makes a settled delivery due again; False for one that is pending."""

    def forget(self, before: datetime, rows_max: int) -> None:
        """Deletes what was settled before, and events that no delivery names any more."""

    def remove_of(self, webhook_id: str) -> None:
        """All deliveries to a webhook, with their attempts."""
