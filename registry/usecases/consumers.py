"""Consumers, their clients and what they declare to use."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from registry.audit.entries import state_hash
from registry.errors import Conflict, Invalid, NotFound
from registry.model import (
    Actor,
    ClientKind,
    Consumer,
    Credentials,
    Plan,
    Subscription,
    highest_of,
    name,
)
from registry.ports import Transaction
from registry.tokens import REGISTRY_SCOPE_PREFIX
from registry.usecases.clients import Party, add_client
from registry.usecases.services import (
    Page,
    Services,
    demand_administrator,
    known_consumer,
    known_contract,
    owner_or_admin,
    page,
)

READ_SCOPE = "registry:read"


def create_consumer(
    services: Services, actor: Actor, consumer_name: str, owner: str, layer: str, plan: Plan
) -> Consumer:
    """Registers a consumer of the actor's own team; the administrator may for any team."""
    consumer = Consumer(name(consumer_name, "consumer"), owner, layer, plan, services.clock())
    with services.store.writing() as transaction:
        if transaction.parties.team(owner) is None:
            raise Invalid("owner_unknown", f"There is no team {owner} to own the consumer.")
        behalf = owner_or_admin(actor, owner, consumer.name)
        if transaction.parties.consumer(consumer.name) is not None:
            raise Conflict("consumer_exists", f"There is a consumer {consumer.name} already.")
        transaction.parties.add_consumer(consumer)
        transaction.security.audit(
            services.entry(
                actor,
                "consumer.created",
                consumer.name,
                on_behalf_of=behalf,
                after=state_hash([consumer.name, owner, layer, plan.requests_per_second, plan.burst]),
            )
        )
        transaction.advance_revision()
    return consumer


def list_consumers(services: Services, after: str | None, count: int) -> Page[Consumer]:
    """Consumers by name."""
    with services.store.reading() as transaction:
        found = transaction.parties.consumers(after, count + 1)
    return page(found, count, lambda consumer: (consumer.name,))


def get_consumer(services: Services, consumer_name: str) -> Consumer:
    """The consumer, or `NotFound`."""
    with services.store.reading() as transaction:
        return known_consumer(transaction, consumer_name)


def create_consumer_credentials(
    services: Services,
    actor: Actor,
    consumer_name: str,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> Credentials:
    """A client with the scopes granted; of the registry's own scopes only reading is."""
    refused = [scope for scope in scopes if scope.startswith(REGISTRY_SCOPE_PREFIX) and scope != READ_SCOPE]
    if refused:
        raise Invalid("scope_not_grantable", f"A consumer is not given {', '.join(refused)}.")
    demand_administrator(actor)
    with services.store.writing() as transaction:
        consumer = known_consumer(transaction, consumer_name)
        party = Party(ClientKind.CONSUMER, consumer.name)
        made = add_client(services, transaction, party, [*scopes, READ_SCOPE], expires_at)
        detail = {"clientId": made.client_id, "scopes": list(made.scopes)}
        transaction.security.audit(
            services.entry(
                actor, "consumer.client_created", consumer.name, detail=detail, after=state_hash(detail)
            )
        )
        transaction.advance_revision()
    return made


def create_subscription(
    services: Services,
    actor: Actor,
    consumer_name: str,
    contract: str,
    major: int,
    operations: Sequence[str],
) -> Subscription:
    """Declares the use of a major version; the operations must exist in its highest version."""
    made = Subscription(
        f"sub_{secrets.token_hex(12)}",
        consumer_name,
        contract,
        major,
        tuple(sorted(operations)),
        services.clock(),
    )
    with services.store.writing() as transaction:
        consumer = known_consumer(transaction, consumer_name)
        behalf = owner_or_admin(actor, consumer.owner, consumer.name)
        check_subscription(transaction, made)
        held = transaction.parties.subscriptions(
            consumer.name, None, services.limits.subscriptions_per_consumer_max
        )
        if len(held) >= services.limits.subscriptions_per_consumer_max:
            raise Conflict("too_many_subscriptions", f"{consumer.name} has {len(held)} subscriptions.")
        if any((one.contract, one.major) == (contract, major) for one in held):
            raise Conflict(
                "subscription_exists", f"{consumer.name} subscribes to {contract} v{major} already."
            )
        transaction.parties.add_subscription(made)
        detail = {"contract": contract, "major": major, "operations": list(made.operations)}
        transaction.security.audit(
            services.entry(
                actor,
                "consumer.subscribed",
                consumer.name,
                on_behalf_of=behalf,
                detail=detail,
                after=state_hash(detail),
            )
        )
    return made


def check_subscription(transaction: Transaction, wanted: Subscription) -> None:
    """`NotFound` without such a major version, `Invalid` for operations that it does not have."""
    known_contract(transaction, wanted.contract)
    number = highest_of(transaction.catalog.numbers(wanted.contract), wanted.major)
    version = transaction.catalog.version(wanted.contract, number) if number else None
    if version is None:
        raise NotFound("version_not_found", f"There is no version {wanted.major} of {wanted.contract}.")
    known = {operation.operation_id for operation in version.operations}
    unknown = [operation for operation in wanted.operations if operation not in known]
    if unknown:
        raise Invalid(
            "operation_unknown",
            f"{wanted.contract} {version.number} has no operation {', '.join(unknown)}.",
        )


def list_subscriptions(
    services: Services, consumer_name: str, after: str | None, count: int
) -> Page[Subscription]:
    """Subscriptions by identifier."""
    with services.store.reading() as transaction:
        known_consumer(transaction, consumer_name)
        found = transaction.parties.subscriptions(consumer_name, after, count + 1)
    return page(found, count, lambda subscription: (subscription.id,))


def delete_subscription(services: Services, actor: Actor, consumer_name: str, subscription_id: str) -> None:
    """Withdraws a subscription of the actor's own consumer."""
    with services.store.writing() as transaction:
        consumer = known_consumer(transaction, consumer_name)
        behalf = owner_or_admin(actor, consumer.owner, consumer.name)
        if not transaction.parties.remove_subscription(consumer.name, subscription_id):
            raise NotFound(
                "subscription_not_found", f"{consumer.name} has no subscription {subscription_id}."
            )
        detail = {"subscription": subscription_id}
        transaction.security.audit(
            services.entry(actor, "consumer.unsubscribed", consumer.name, on_behalf_of=behalf, detail=detail)
        )
