"""Who is asking: clients by their secret, actors by their token, and tokens that no longer count."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from registry.credentials import hash_of, matches
from registry.errors import Contention, Unauthenticated
from registry.model import Actor, AuditEntry, Client, RevokedToken, Sight, storable
from registry.model.access import NOTHING, SubjectKind
from registry.ports import Transaction
from registry.tokens import REGISTRY_AUDIENCE, AccessToken, TokenIssuer
from registry.usecases.roles import held_by, sight_for
from registry.usecases.services import Services

LOG = logging.getLogger("registry.access")
NOBODY = hash_of("")
"""Compared with when there is no such client, so that the answer takes as long either way."""


@dataclass(frozen=True, slots=True)
class Access:
    """An actor, the scopes that its token and its client both have, and what it may see."""

    actor: Actor
    scopes: frozenset[str]
    sight: Sight = NOTHING
    expires_at: int | None = None
    """When the token expires, in seconds since 1970; None for a client that showed its secret."""


def find_client(services: Services, client_id: str) -> Client | None:
    """A client that is not withdrawn."""
    with services.store.reading() as transaction:
        return transaction.clients.client(client_id)


def knows_secret(services: Services, client: Client | None, secret: str) -> bool:
    """Whether the secret is one of the client's that counts; as slow for a client that does not exist.

    The use is noted, though not each: a busy client does not make its registry write.
    """
    now = services.clock()
    known = [one for one in client.secrets if one.counts(now)] if client else []
    places = services.access.secrets_per_client_max
    hashes = [one.secret_hash for one in known[:places]] + [NOBODY] * (places - len(known))
    matched = [matches(secret, stored) for stored in hashes]
    used = next((one for one, same in zip(known, matched, strict=False) if same), None)
    if used is None:
        return False
    earliest = now - timedelta(seconds=services.access.secret_use_noted_after_s)
    if used.last_used_at is None or used.last_used_at < earliest:
        try:
            with services.store.writing() as transaction:
                transaction.clients.secret_used(used.id, now, earliest)
        except Contention:
            LOG.info("the use of a secret of %s was not noted: the database is busy", used.id)
    return True


def open_access(
    services: Services, issuer: TokenIssuer, text: str, request_id: str, reason: str | None = None
) -> Access:
    """The actor behind a token of the registry; raises `Unauthenticated` when it does not count."""
    token = issuer.verify(text, services.clock())
    if REGISTRY_AUDIENCE not in token.audiences:
        raise Unauthenticated("token_invalid", "The access token is not for the registry.")
    with services.store.reading() as transaction:
        revoked = transaction.security.is_revoked(token.jti)
        client = transaction.clients.client(token.client_id)
        if revoked or client is None:
            raise Unauthenticated("token_invalid", "The access token is revoked or its client is withdrawn.")
        actor = Actor(
            client.client_id, client.kind, client.party, request_id, credential=token.jti, reason=reason
        )
        actor, sight = with_roles(services, transaction, actor, client)
    return Access(actor, token.scopes & frozenset(client.scopes), sight, token.expires_at)


def with_roles(
    services: Services, transaction: Transaction, actor: Actor, client: Client
) -> tuple[Actor, Sight]:
    """The actor with the roles that were granted, and what it sees by them."""
    subject = (SubjectKind.CLIENT, client.client_id)
    held = held_by(services, transaction, client.kind, client.party, subject, client.scopes)
    actor = replace(actor, held=held)
    return actor, sight_for(services, transaction, actor)


def open_access_by_secret(services: Services, client_id: str, secret: str, request_id: str) -> Access:
    """The actor behind a client's own secret; raises `Unauthenticated` when it does not count."""
    usable = len(client_id) <= 120 and storable(client_id)
    client = find_client(services, client_id) if usable else None
    if not knows_secret(services, client, secret) or client is None:
        raise Unauthenticated("token_invalid", "The client id or secret is wrong.")
    actor = Actor(client.client_id, client.kind, client.party, request_id, authentication="client_secret")
    with services.store.reading() as transaction:
        actor, sight = with_roles(services, transaction, actor, client)
    return Access(actor, frozenset(client.scopes), sight)


def is_active(services: Services, token: AccessToken) -> bool:
    """Whether a token that verifies still counts (RFC 7662 section 2.2)."""
    with services.store.reading() as transaction:
        if transaction.security.is_revoked(token.jti):
            return False
        return transaction.clients.client(token.client_id) is not None


def revoke(services: Services, token: AccessToken, request_id: str) -> None:
    """Ends a token before its time; gateways learn of it from the snapshot."""
    now = services.clock()
    with services.store.writing() as transaction:
        transaction.security.forget_revoked(int(now.timestamp()))
        transaction.security.revoke(RevokedToken(token.jti, token.expires_at), now)
        transaction.security.audit(
            AuditEntry(
                now,
                token.client_id,
                "token.revoked",
                token.jti,
                request_id,
                authentication="client_secret",
            )
        )
        transaction.advance_revision()
