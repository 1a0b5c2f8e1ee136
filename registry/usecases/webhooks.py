"""Webhooks of a team: made, changed, given secrets, tried and removed by that team alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from registry.audit.entries import state_hash
from registry.config import WebhookPolicy
from registry.delivery.signing import KEY_BYTES_MIN, key_id, secret_of, shown
from registry.delivery.targets import Network, target_of
from registry.errors import Conflict, Invalid, NotFound, PreconditionFailed, SetupError
from registry.model import Actor
from registry.model.webhooks import (
    EventType,
    Webhook,
    WebhookDefinition,
    WebhookKey,
    WebhookSecret,
    WebhookState,
)
from registry.ports import Transaction
from registry.usecases.announcements import event_of, send
from registry.usecases.services import Page, Services, known_team, owner_or_admin, page

WEBHOOK_ID_BYTES = 6
SECRET_ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook with the identifiers of its secrets, and the text of a new one for this once."""

    webhook: Webhook
    secrets: tuple[WebhookSecret, ...]
    new_secret: str | None = None


def create_webhook(services: Services, actor: Actor, owner: str, asked: WebhookDefinition) -> WebhookView:
    """A webhook of the team with its first secret, which is shown in this answer only."""
    now = services.clock()
    refuse_definition(services, asked)
    webhook = Webhook(f"whk_{secrets.token_hex(WEBHOOK_ID_BYTES)}", owner, asked, now, actor.client_id)
    with services.store.writing() as transaction:
        team = known_team(transaction, owner)
        behalf = owner_or_admin(actor, team.name, "The webhook")
        held = len(transaction.webhooks.of_team(team.name, None, services.webhooks.per_team_max))
        if held >= services.webhooks.per_team_max:
            raise Conflict("too_many_webhooks", f"{team.name} has {held} webhooks; remove one first.")
        transaction.webhooks.add(webhook)
        made, text = add_secret(services, transaction, webhook)
        audit(services, transaction, actor, "webhook.created", webhook, behalf)
    return WebhookView(webhook, (made,), text)


def refuse_definition(services: Services, asked: WebhookDefinition) -> None:
    """Raises `Invalid` for an address that is never called, and for a state that is not a team's to set."""
    target_of(asked.url, allowed_networks(services.webhooks))
    if asked.state is WebhookState.DISABLED:
        raise Invalid("state_invalid", "A webhook is set active or paused; the registry disables it.")
    if EventType.WEBHOOK_TEST in asked.types:
        raise Invalid("type_invalid", "A test is sent when it is asked for; it is not subscribed to.")


def allowed_networks(policy: WebhookPolicy) -> tuple[Network, ...]:
    """The networks of the configuration; raises `SetupError` for a text that is none."""
    from ipaddress import ip_network

    try:
        return tuple(ip_network(text) for text in policy.allowed_networks)
    except ValueError as error:
        raise SetupError("network_invalid", f"A network that webhooks may reach is none: {error}.") from None


def list_webhooks(
    services: Services, actor: Actor, team_name: str, after: str | None, count: int
) -> Page[WebhookView]:
    """The team's webhooks by identifier, for the team itself and the administrator."""
    with services.store.reading() as transaction:
        team = known_team(transaction, team_name)
        owner_or_admin(actor, team.name, "The list of webhooks")
        found = transaction.webhooks.of_team(team.name, after, count + 1)
        shown_ = [WebhookView(one, tuple(transaction.webhooks.secrets(one.id))) for one in found]
    return page(shown_, count, lambda view: (view.webhook.id,))


def get_webhook(services: Services, actor: Actor, webhook_id: str) -> WebhookView:
    """The webhook, or `NotFound`: also for other teams, since its address may tell what is not theirs."""
    with services.store.reading() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        return WebhookView(webhook, tuple(transaction.webhooks.secrets(webhook.id)))


def own_webhook(transaction: Transaction, actor: Actor, webhook_id: str) -> Webhook:
    """The webhook of the actor's team, or any for the administrator; `NotFound` otherwise."""
    webhook = transaction.webhooks.webhook(webhook_id)
    if webhook is None or not (actor.is_admin or actor.acts_for(webhook.owner)):
        raise NotFound("webhook_not_found", f"There is no webhook {webhook_id} of yours.")
    return webhook


def revise_webhook(
    services: Services,
    actor: Actor,
    webhook_id: str,
    asked: WebhookDefinition,
    expected: Callable[[str], bool],
) -> WebhookView:
    """Replaces the definition; one that was disabled and is active again starts without failures."""
    refuse_definition(services, asked)
    with services.store.writing() as transaction:
        there = own_webhook(transaction, actor, webhook_id)
        revised = replace(there, definition=asked)
        if asked.state is WebhookState.ACTIVE and there.state is not WebhookState.ACTIVE:
            revised = replace(revised, failing_since=None, failures=0, disabled_at=None, disabled_reason=None)
        if not expected(webhook_tag(there)) or not transaction.webhooks.update(revised):
            raise PreconditionFailed(
                "precondition_failed", f"{webhook_id} is not the one If-Match names: read it again."
            )
        audit(services, transaction, actor, "webhook.revised", revised, behalf_of(actor, there), there)
        held = tuple(transaction.webhooks.secrets(webhook_id))
    return WebhookView(replace(revised, epoch=there.epoch + 1), held)


def delete_webhook(services: Services, actor: Actor, webhook_id: str) -> None:
    """Removes it with its secrets and its deliveries; what was done to it stays in the audit."""
    with services.store.writing() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        transaction.deliveries.remove_of(webhook.id)
        transaction.webhooks.remove(webhook.id)
        audit(services, transaction, actor, "webhook.removed", webhook, behalf_of(actor, webhook))


def create_secret(services: Services, actor: Actor, webhook_id: str) -> WebhookView:
    """One secret more: both sign until the old one is removed, so that the receiver can change in between."""
    with services.store.writing() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        held = transaction.webhooks.secrets(webhook.id)
        if len(held) >= services.webhooks.secrets_max:
            raise Conflict("too_many_secrets", f"{webhook.id} has {len(held)} secrets; remove one first.")
        made, text = add_secret(services, transaction, webhook)
        audit(services, transaction, actor, "webhook.secret_created", webhook, behalf_of(actor, webhook))
    return WebhookView(webhook, (made, *held), text)


def delete_secret(services: Services, actor: Actor, webhook_id: str, secret_id: str) -> None:
    """That secret signs no more; the last one stays, since nothing is sent unsigned."""
    with services.store.writing() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        held = transaction.webhooks.secrets(webhook.id)
        if secret_id not in {one.id for one in held}:
            raise NotFound("secret_not_found", f"{webhook.id} has no secret {secret_id}.")
        if len(held) == 1:
            raise Conflict("last_secret", f"{webhook.id} has one secret only; make another one first.")
        transaction.webhooks.remove_secret(webhook.id, secret_id)
        audit(services, transaction, actor, "webhook.secret_removed", webhook, behalf_of(actor, webhook))


def test_webhook(services: Services, actor: Actor, webhook_id: str) -> str:
    """Sends an event that means nothing to this webhook alone; the identifier of the event."""
    with services.store.writing() as transaction:
        webhook = own_webhook(transaction, actor, webhook_id)
        refuse_inactive(webhook)
        event = event_of(services, EventType.WEBHOOK_TEST, webhook.id, {"webhook": webhook.id})
        send(services, transaction, event, [webhook])
        audit(services, transaction, actor, "webhook.tested", webhook, behalf_of(actor, webhook))
    return event.id


def refuse_inactive(webhook: Webhook) -> None:
    """Raises `Conflict` where nothing would be sent."""
    if webhook.state is not WebhookState.ACTIVE:
        raise Conflict("webhook_not_active", f"{webhook.id} is {webhook.state.value}: set it active first.")


def add_secret(services: Services, transaction: Transaction, webhook: Webhook) -> tuple[WebhookSecret, str]:
    """A new secret and its text, derived from the key of the configuration, else from the database's."""
    key = services.webhooks.key or stored_key(services, transaction)
    secret = WebhookSecret(
        f"whs_{secrets.token_hex(SECRET_ID_BYTES)}", webhook.id, key_id(key), services.clock()
    )
    transaction.webhooks.add_secret(secret)
    return secret, shown(secret_of(key, secret.id))


def stored_key(services: Services, transaction: Transaction) -> bytes:
    """The newest key in the database, made when there is none."""
    known = transaction.webhooks.secret_keys()
    if known:
        return bytes.fromhex(known[0].key_hex)
    key = secrets.token_bytes(KEY_BYTES_MIN)
    transaction.webhooks.add_key(WebhookKey(key_id(key), key.hex(), services.clock()))
    return key


def webhook_tag(webhook: Webhook) -> str:
    """Names a webhook as it is defined."""
    return f"{webhook.id}-{webhook.epoch}"


def behalf_of(actor: Actor, webhook: Webhook) -> str | None:
    """The owner where the administrator stands in for it."""
    return None if actor.acts_for(webhook.owner) else webhook.owner


def audit(
    services: Services,
    transaction: Transaction,
    actor: Actor,
    action: str,
    webhook: Webhook,
    behalf: str | None,
    before: Webhook | None = None,
) -> None:
    """What was done to which webhook. The address goes in by its digest: it may hold a secret of its own."""
    detail = {"owner": webhook.owner, "state": webhook.state.value}
    after = state_hash(definition_of(webhook))
    transaction.security.audit(
        services.entry(
            actor,
            action,
            webhook.id,
            on_behalf_of=behalf,
            detail=detail,
            before=state_hash(definition_of(before)) if before else None,
            after=after,
        )
    )


def definition_of(webhook: Webhook) -> dict[str, object]:
    """The definition as JSON."""
    wanted = webhook.definition
    return {
        "url": wanted.url,
        "types": [one.value for one in wanted.types],
        "contracts": list(wanted.contracts),
        "domains": list(wanted.domains),
        "state": wanted.state.value,
    }
