"""The shapes of webhooks and deliveries, as the contract of the API gives them."""

from __future__ import annotations

import json
from typing import Any

from registry.model.webhooks import Attempt, Delivery, WebhookSecret
from registry.usecases.deliveries import DeliveryView
from registry.usecases.webhooks import WebhookView
from registry.web.rendering import moment_json

Json = dict[str, Any]


def webhook_json(view: WebhookView) -> Json:
    webhook = view.webhook
    wanted = webhook.definition
    return {
        "id": webhook.id,
        "owner": webhook.owner,
        "url": wanted.url,
        "types": [one.value for one in wanted.types],
        "contracts": list(wanted.contracts),
        "domains": list(wanted.domains),
        "state": wanted.state.value,
        "createdAt": moment_json(webhook.created_at),
        "failingSince": moment_json(webhook.failing_since),
        "failures": webhook.failures,
        "disabledAt": moment_json(webhook.disabled_at),
        "disabledReason": webhook.disabled_reason,
        "secrets": [secret_json(one) for one in view.secrets],
    }


def secret_json(secret: WebhookSecret, text: str | None = None) -> Json:
    shown = {"id": secret.id, "createdAt": moment_json(secret.created_at)}
    return shown | ({"text": text} if text is not None else {})


def delivery_json(delivery: Delivery) -> Json:
    return {
        "id": delivery.id,
        "webhookId": delivery.webhook_id,
        "eventId": delivery.event_id,
        "type": delivery.type.value,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "createdAt": moment_json(delivery.created_at),
        "nextAttemptAt": moment_json(delivery.next_at),
        "finishedAt": moment_json(delivery.finished_at),
    }


def delivery_view_json(view: DeliveryView) -> Json:
    return {
        **delivery_json(view.delivery),
        "event": json.loads(view.body),
        "log": [attempt_json(one) for one in view.attempts],
    }


def attempt_json(attempt: Attempt) -> Json:
    return {
        "number": attempt.number,
        "at": moment_json(attempt.at),
        "status": attempt.status,
        "latencyMs": attempt.latency_ms,
        "error": attempt.error,
        "excerpt": attempt.excerpt,
    }
