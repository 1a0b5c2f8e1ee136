"""Webhooks: what is announced, to whom, and how each delivery went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What is announced."""

    VERSION_PUBLISHED = "version.published"
    VERSION_REFUSED = "version.refused"
    VERSION_REINSTATED = "version.reinstated"
    VERSION_DEPRECATED = "version.deprecated"
    VERSION_SUNSET = "version.sunset"
    VERSION_RETIRED = "version.retired"
    APPROVAL_NEEDED = "approval.needed"
    CHANGE_DECIDED = "change.decided"
    DEPRECATION_NOTICE = "deprecation.notice"
    WEBHOOK_TEST = "webhook.test"


class WebhookState(StrEnum):
    """Whether a webhook is sent to: paused by its team, disabled by the registry."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class DeliveryState(StrEnum):
    """Where a delivery stands; a failed one is not tried again by itself."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; ``body`` is the CloudEvent, the same bytes in every attempt.

    ``teams`` are those that it is addressed to; none means whoever asks for events like it.
    """

    id: str
    type: EventType
    at: datetime
    body: str
    contract: str | None = None
    domain: str | None = None
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookDefinition:
    """What the owner says of a webhook; an empty filter lets everything through."""

    url: str
    types: tuple[EventType, ...] = ()
    contracts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    state: WebhookState = WebhookState.ACTIVE


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that events are sent to; ``epoch`` counts the changes of its definition.

    ``failing_since`` is the first failure after the last success, ``failures`` how many there were since.
    """

    id: str
    owner: str
    definition: WebhookDefinition
    created_at: datetime
    created_by: str
    epoch: int = 1
    failing_since: datetime | None = None
    failures: int = 0
    disabled_at: datetime | None = None
    disabled_reason: str | None = None

    @property
    def state(self) -> WebhookState:
        return self.definition.state

    def wants(self, event: Event) -> bool:
        """Whether the event passes every filter and is not addressed to other teams only."""
        wanted = self.definition
        return (
            (not wanted.types or event.type in wanted.types)
            and (not wanted.contracts or event.contract in wanted.contracts)
            and (not wanted.domains or event.domain in wanted.domains)
            and (not event.teams or self.owner in event.teams)
        )


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """Names a secret; what signs is derived from it and from the key of that identifier."""

    id: str
    webhook_id: str
    key_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """A key that secrets are derived from, 32 bytes as hexadecimal text."""

    id: str
    key_hex: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: the status that came back or why none did, how long it took, and how the answer began."""

    number: int
    at: datetime
    status: int | None
    latency_ms: int
    error: str | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one webhook; ``tries`` counts since somebody last asked for it."""

    id: str
    event_id: str
    type: EventType
    webhook_id: str
    state: DeliveryState
    attempts: int
    tries: int
    created_at: datetime
    next_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """A delivery that is leased by one worker, with all that sending it takes."""

    delivery: Delivery
    webhook: Webhook
    secrets: tuple[WebhookSecret, ...]
    body: str
    worker: str
