"""Handlers for webhooks, their secrets and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from registry.model.webhooks import DeliveryState, EventType, WebhookDefinition, WebhookState
from registry.usecases import deliveries, webhooks
from registry.usecases.services import Services
from registry.usecases.webhooks import WebhookView, webhook_tag
from registry.web.cursors import single_key
from registry.web.rendering import page_json
from registry.web.requests import (
    BASE_PATH,
    actor,
    body,
    json_answer,
    no_content,
    precondition,
)
from registry.web.webhook_rendering import delivery_json, delivery_view_json, secret_json, webhook_json

NO_STORE = {"Cache-Control": "no-store"}


class WebhookHandlers:
    """One method per operation, by its operationId in snake case."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_webhooks(self, team: str, limit: int, cursor: str | None = None) -> Response:
        found = webhooks.list_webhooks(self._services, actor(), team, single_key(cursor), limit)
        return json_answer(page_json(found, webhook_json))

    def create_webhook(self, team: str) -> Response:
        made = webhooks.create_webhook(self._services, actor(), team, definition(body()))
        location = f"{BASE_PATH}/webhooks/{made.webhook.id}"
        answer = webhook_json(made) | {"secret": secret_json(made.secrets[0], made.new_secret)}
        return json_answer(answer, 201, {**NO_STORE, "Location": location, **tag(made)})

    def get_webhook(self, id_: str) -> Response:
        return shown(webhooks.get_webhook(self._services, actor(), id_))

    def revise_webhook(self, id_: str) -> Response:
        asked = definition(body())
        return shown(webhooks.revise_webhook(self._services, actor(), id_, asked, precondition()))

    def delete_webhook(self, id_: str) -> Response:
        webhooks.delete_webhook(self._services, actor(), id_)
        return no_content()

    def create_webhook_secret(self, id_: str) -> Response:
        made = webhooks.create_secret(self._services, actor(), id_)
        return json_answer(secret_json(made.secrets[0], made.new_secret), 201, NO_STORE)

    def delete_webhook_secret(self, id_: str, secret_id: str) -> Response:
        webhooks.delete_secret(self._services, actor(), id_, secret_id)
        return no_content()

    def test_webhook(self, id_: str) -> Response:
        event = webhooks.test_webhook(self._services, actor(), id_)
        return json_answer({"eventId": event}, 202)

    def list_webhook_deliveries(
        self, id_: str, limit: int, state: str | None = None, cursor: str | None = None
    ) -> Response:
        wanted = DeliveryState(state) if state else None
        found = deliveries.list_deliveries(self._services, actor(), id_, wanted, single_key(cursor), limit)
        return json_answer(page_json(found, delivery_json))

    def get_webhook_delivery(self, id_: str, delivery_id: str) -> Response:
        found = deliveries.get_delivery(self._services, actor(), id_, delivery_id)
        return json_answer(delivery_view_json(found))

    def redeliver_event(self, id_: str, delivery_id: str) -> Response:
        again = deliveries.redeliver(self._services, actor(), id_, delivery_id)
        return json_answer(delivery_view_json(again), 202)


def definition(asked: Mapping[str, Any]) -> WebhookDefinition:
    """What the owner says; each name once."""
    return WebhookDefinition(
        url=asked["url"],
        types=tuple(EventType(one) for one in dict.fromkeys(asked.get("types", ()))),
        contracts=tuple(dict.fromkeys(asked.get("contracts", ()))),
        domains=tuple(dict.fromkeys(asked.get("domains", ()))),
        state=WebhookState(asked.get("state", "active")),
    )


def tag(view: WebhookView) -> dict[str, str]:
    """The entity tag as a header."""
    return {"ETag": f'"{webhook_tag(view.webhook)}"'}


def shown(view: WebhookView) -> Response:
    """A webhook with its entity tag."""
    return json_answer(webhook_json(view), headers=tag(view))
