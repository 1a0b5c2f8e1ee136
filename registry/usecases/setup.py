"""The first start: the keys that sign tokens, contracts and the audit, and the administrator's client."""

from __future__ import annotations

from registry.credentials import new_client_id
from registry.errors import Conflict, not_initialised
from registry.model import AuditEntry, Client, ClientKind, Credentials, KeyPurpose, SigningKey
from registry.ports import Clock, Store
from registry.tokens import new_signing_key
from registry.usecases.clients import fresh_secret
from registry.vouching import new_key

ADMIN_SCOPES = ("registry:admin", "registry:audit", "registry:publish", "registry:read")


def initialise(store: Store, clock: Clock) -> Credentials:
    """Creates key and administrator; `Conflict` when they are there. The secret is in the answer only."""
    now = clock()
    key = new_signing_key(now)
    shown, secret = fresh_secret(now, None)
    client = Client(new_client_id("admin"), ClientKind.ADMIN, None, (secret,), ADMIN_SCOPES, now)
    with store.writing() as transaction:
        if transaction.security.keys():
            raise Conflict(
                "registry_initialised",
                "This database holds a registry already: run `pactolus registry serve`, or choose another.",
            )
        transaction.security.add_key(key)
        for purpose in KeyPurpose:
            transaction.log.add_key(new_key(purpose, now))
        transaction.clients.add(client)
        transaction.security.audit(
            AuditEntry(
                now,
                client.client_id,
                "registry.initialised",
                client.client_id,
                "set-up",
                authentication="local",
            )
        )
        transaction.advance_revision()
    return Credentials(client.client_id, shown, ADMIN_SCOPES, secret.id)


def signing_keys(store: Store) -> list[SigningKey]:
    """The keys of an initialised registry; `SetupError` otherwise."""
    with store.reading() as transaction:
        keys = transaction.security.keys()
    if not keys:
        raise not_initialised()
    return keys
