"""OAuth clients of teams and consumers: made, given a second secret to change to, withdrawn."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.audit.entries import state_hash
from registry.credentials import hash_of, new_client_id, new_secret
from registry.errors import Conflict, Invalid, NotFound
from registry.model import Actor, Client, ClientKind, ClientSecret, Credentials
from registry.ports import Transaction
from registry.usecases.services import Services, demand_administrator, known_consumer, known_team

IDENTIFIER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a client acts for: a team or a consumer, by its name."""

    kind: ClientKind
    name: str


def known_party(transaction: Transaction, party: Party) -> str:
    """The name, or `NotFound`."""
    if party.kind is ClientKind.TEAM:
        return known_team(transaction, party.name).name
    return known_consumer(transaction, party.name).name


def fresh_secret(now: datetime, expires_at: datetime | None) -> tuple[str, ClientSecret]:
    """A secret as it is shown once, and as it is kept; `Invalid` when it would open nothing."""
    if expires_at is not None and expires_at <= now:
        raise Invalid("expiry_passed", "expiresAt is not later than now.")
    secret = new_secret()
    identifier = f"sec_{secrets.token_hex(IDENTIFIER_BYTES)}"
    return secret, ClientSecret(identifier, hash_of(secret), now, expires_at)


def add_client(
    services: Services,
    transaction: Transaction,
    party: Party,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> Credentials:
    """Stores a client with the hash of a fresh secret; `Conflict` when the party has too many."""
    held = len(transaction.clients.clients_of(party.kind, party.name))
    if held >= services.limits.clients_per_party_max:
        raise Conflict("too_many_clients", f"{party.name} has {held} clients; withdraw one first.")
    now = services.clock()
    shown, secret = fresh_secret(now, expires_at)
    granted = tuple(sorted(set(scopes)))
    client = Client(new_client_id(party.name), party.kind, party.name, (secret,), granted, now)
    transaction.clients.add(client)
    return Credentials(client.client_id, shown, granted, secret.id, expires_at)


def list_clients(services: Services, actor: Actor, party: Party) -> list[Client]:
    """Those that are not withdrawn, the oldest first; of a party there are few."""
    demand_administrator(actor)
    with services.store.reading() as transaction:
        return transaction.clients.clients_of(party.kind, known_party(transaction, party))


def known_client(transaction: Transaction, party: Party, client_id: str) -> Client:
    """The client of that party, or `NotFound`."""
    client = transaction.clients.client(client_id)
    if client is None or (client.kind, client.party) != (party.kind, known_party(transaction, party)):
        raise NotFound("client_not_found", f"{party.name} has no client {client_id}.")
    return client


def withdraw_client(services: Services, actor: Actor, party: Party, client_id: str) -> None:
    """Ends a client with all its secrets; its tokens stop counting at once here."""
    demand_administrator(actor)
    with services.store.writing() as transaction:
        known_party(transaction, party)
        client = known_client(transaction, party, client_id)
        transaction.clients.withdraw(client.client_id, services.clock())
        record(services, transaction, actor, party, "client_withdrawn", {"clientId": client_id}, done=False)
        transaction.advance_revision()


def add_secret(
    services: Services, actor: Actor, party: Party, client_id: str, expires_at: datetime | None
) -> Credentials:
    """Another secret for the client; both open it until the old one is withdrawn or expires.

    `Conflict` when two open it already. Expired ones do not count, and are withdrawn by the way.
    """
    demand_administrator(actor)
    with services.store.writing() as transaction:
        known_party(transaction, party)
        transaction.clients.lock(client_id)
        client = known_client(transaction, party, client_id)
        now = services.clock()
        usable = [one for one in client.secrets if one.counts(now)]
        if len(usable) >= services.access.secrets_per_client_max:
            raise Conflict(
                "too_many_secrets", f"{client_id} has {len(usable)} secrets; withdraw the one not used."
            )
        for one in client.secrets:
            if not one.counts(now):
                transaction.clients.withdraw_secret(client_id, one.id, now)
        shown, secret = fresh_secret(now, expires_at)
        transaction.clients.add_secret(client_id, secret)
        detail = {"clientId": client_id, "secret": secret.id}
        record(services, transaction, actor, party, "secret_added", detail, done=True)
    return Credentials(client.client_id, shown, client.scopes, secret.id, expires_at)


def withdraw_secret(services: Services, actor: Actor, party: Party, client_id: str, secret_id: str) -> None:
    """Ends one secret; a client without any stays, for another one to be given."""
    demand_administrator(actor)
    with services.store.writing() as transaction:
        known_party(transaction, party)
        client = known_client(transaction, party, client_id)
        if not transaction.clients.withdraw_secret(client.client_id, secret_id, services.clock()):
            raise NotFound("secret_not_found", f"{client_id} has no secret {secret_id}.")
        detail = {"clientId": client_id, "secret": secret_id}
        record(services, transaction, actor, party, "secret_withdrawn", detail, done=False)


def record(
    services: Services,
    transaction: Transaction,
    actor: Actor,
    party: Party,
    what: str,
    detail: dict[str, str],
    *,
    done: bool,
) -> None:
    """In the audit: the party's client, and its state after it was made or before it ended."""
    digest = state_hash(detail)
    action = f"{party.kind.value}.{what}"
    before, after = (None, digest) if done else (digest, None)
    entry = services.entry(actor, action, party.name, detail=detail, before=before, after=after)
    transaction.security.audit(entry)
