"""Deliveries: the log that a team reads, sending again, and what the worker takes and settles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from registry.delivery.backoff import GONE, SUCCESS, wait_before
from registry.errors import Conflict, NotFound
from registry.model import Actor
from registry.model.webhooks import Attempt, Delivery, DeliveryState, Webhook, Work
from registry.ports import Transaction
from registry.usecases.announcements import disable
from registry.usecases.services import Page, Services, page
from registry.usecases.webhooks import audit, behalf_of, own_webhook, refuse_inactive

ATTEMPTS_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery with its event and its newest attempts."""

    delivery: Delivery
    body: str
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try: a status, or why there is none."""

    status: int | None
    latency_ms: int
    error: str | None = None
    excerpt: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status in SUCCESS


def list_deliveries(
    services: Services,
    actor: Actor,
    webhook_id: str,
    state: DeliveryState | None,
    after: str | None,
    count: int,
) -> Page[Delivery]:
    """The newest first."""
    with services.store.reading() as transaction:
        own_webhook(transaction, actor, webhook_id)
        found = transaction.deliveries.deliveries(webhook_id, state, after, count + 1)
    return page(found, count, lambda one: (one.id,))


def get_delivery(services: Services, actor: Actor, webhook_id: str, delivery_id: str) -> DeliveryView:
    """The delivery, or `NotFound`."""
    with services.store.reading() as transaction:
        own_webhook(transaction, actor, webhook_id)
        delivery = transaction.deliveries.delivery(delivery_id)
        if delivery is None or delivery.webhook_id != webhook_id:
            raise NotFound("delivery_not_found", f"{webhook_id} has no delivery {delivery_id}.")
        body = transaction.deliveries.body(delivery.event_id)
        attempts = tuple(transaction.deliveries.attempts(delivery.id, ATTEMPTS_SHOWN_MAX))
    return DeliveryView(delivery, body, attempts)


def redeliver(services: Services, actor: Actor, webhook_id: str, delivery_id: str) -> DeliveryView:
    """Sends again, whatever came of it before, with all tries ahead; `Conflict` while it is pending."""
    view = get_delivery(services, actor, webhook_id, delivery_id)
    with services.store.writing() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        refuse_inactive(webhook)
        if not transaction.deliveries.redeliver(view.delivery.id, services.clock()):
            raise Conflict("delivery_pending", f"{delivery_id} is on its way.")
        audit(services, transaction, actor, "webhook.redelivered", webhook, behalf_of(actor, webhook))
    return get_delivery(services, actor, webhook_id, delivery_id)


def take(services: Services, worker: str, in_flight: Mapping[str, int], failing: int) -> list[Work]:
    """Leases what is due and has room; ``in_flight`` counts by webhook, ``failing`` those of failing ones.

    Webhooks that fail have half of the places, so that those which answer are not kept waiting by them.
    """
    policy, now = services.webhooks, services.clock()
    room = policy.at_once_max - sum(in_flight.values())
    busy = [one for one, count in in_flight.items() if count >= policy.per_webhook_at_once_max]
    lanes = ((False, room), (True, min(room, policy.at_once_max // 2 - failing)))
    with services.store.reading() as transaction:
        due = [
            (places, transaction.deliveries.due(now, is_failing, busy, places) if places > 0 else [])
            for is_failing, places in lanes
        ]
    # Looking costs nobody anything; only one writes to SQLite at a time.
    if not any(webhook_ids for _, webhook_ids in due):
        return []
    taken: list[Work] = []
    with services.store.writing() as transaction:
        for places, webhook_ids in due:
            left = min(places, room - len(taken))
            for webhook_id in webhook_ids:
                count = min(policy.per_webhook_at_once_max - in_flight.get(webhook_id, 0), left)
                leased = lease(services, transaction, webhook_id, worker, count)
                taken += leased
                left -= len(leased)
    return taken


def lease(
    services: Services, transaction: Transaction, webhook_id: str, worker: str, count: int
) -> list[Work]:
    """Up to so many deliveries of one webhook that are due."""
    now = services.clock()
    until = now + timedelta(seconds=services.webhooks.lease_s)
    return transaction.deliveries.lease(webhook_id, worker, now, until, count) if count > 0 else []


def settle(services: Services, work: Work, answer: Answer, spread: float) -> None:
    """Writes how a try went: done, again later, or given up; and what that means for the webhook."""
    policy, now = services.webhooks, services.clock()
    attempt = Attempt(
        work.delivery.attempts + 1, now, answer.status, answer.latency_ms, answer.error, answer.excerpt
    )
    tries = work.delivery.tries + 1
    state, next_at = DeliveryState.PENDING, now + wait_before(tries, spread, policy)
    if answer.succeeded:
        state = DeliveryState.DELIVERED
    elif tries >= policy.tries_max or answer.status == GONE:
        state = DeliveryState.FAILED
    with services.store.writing() as transaction:
        waits = next_at if state is DeliveryState.PENDING else None
        if not transaction.deliveries.settle(work, attempt, state, waits):
            return
        if answer.succeeded:
            transaction.webhooks.succeeded(work.webhook.id)
            return
        webhook = transaction.webhooks.failed(work.webhook.id, now)
        reason = reason_to_disable(services, webhook, answer) if webhook else None
        if webhook is not None and reason is not None:
            disable(services, transaction, webhook, reason)


def reason_to_disable(services: Services, webhook: Webhook, answer: Answer) -> str | None:
    """Why a webhook is not called any more, None while it is."""
    policy = services.webhooks
    if answer.status == GONE:
        return "It answered 410: it asks not to be called any more."
    lasting = timedelta(days=policy.disable_after_days)
    if webhook.failing_since is None or services.clock() - webhook.failing_since < lasting:
        return None
    if webhook.failures < policy.disable_after_failures:
        return None
    return f"{webhook.failures} attempts failed and none succeeded for {policy.disable_after_days} days."


def release(services: Services, worker: str) -> None:
    """Gives back what a worker has taken and will not send."""
    with services.store.writing() as transaction:
        transaction.deliveries.release(worker)


def forget(services: Services) -> None:
    """Deletes what was settled long ago."""
    before = services.clock() - timedelta(days=services.webhooks.kept_days)
    with services.store.writing() as transaction:
        transaction.deliveries.forget(before, services.webhooks.rows_deleted_max)
