"""Who is asking: clients by their secret, actors by their token, and tokens that no longer count."""

from __future__ import annotations

from dataclasses import dataclass

from registry.credentials import hash_of, matches
from registry.errors import Unauthenticated
from registry.model import Actor, AuditEntry, Client, RevokedToken, storable
from registry.tokens import REGISTRY_AUDIENCE, AccessToken, TokenIssuer
from registry.usecases.services import Services

NOBODY = hash_of("")
"""Compared with when there is no such client, so that the answer takes as long either way."""


@dataclass(frozen=True, slots=True)
class Access:
    """An actor and the scopes that its token and its client both have."""

    actor: Actor
    scopes: frozenset[str]
    expires_at: int | None = None
    """When the token expires, in seconds since 1970; None for a client that showed its secret."""


def find_client(services: Services, client_id: str) -> Client | None:
    """A client that is not withdrawn."""
    with services.store.reading() as transaction:
        return transaction.parties.client(client_id)


def knows_secret(client: Client | None, secret: str) -> bool:
    """Whether the secret is the client's; as slow for a client that does not exist."""
    matched = matches(secret, client.secret_hash if client else NOBODY)
    return matched and client is not None


def open_access(
    services: Services, issuer: TokenIssuer, text: str, request_id: str, reason: str | None = None
) -> Access:
    """The actor behind a token of the registry; raises `Unauthenticated` when it does not count."""
    token = issuer.verify(text, services.clock())
    if REGISTRY_AUDIENCE not in token.audiences:
        raise Unauthenticated("token_invalid", "The access token is not for the registry.")
    with services.store.reading() as transaction:
        revoked = transaction.security.is_revoked(token.jti)
        client = transaction.parties.client(token.client_id)
    if revoked or client is None:
        raise Unauthenticated("token_invalid", "The access token is revoked or its client is withdrawn.")
    actor = Actor(
        client.client_id, client.kind, client.party, request_id, credential=token.jti, reason=reason
    )
    return Access(actor, token.scopes & frozenset(client.scopes), token.expires_at)


def open_access_by_secret(services: Services, client_id: str, secret: str, request_id: str) -> Access:
    """The actor behind a client's own secret; raises `Unauthenticated` when it does not count."""
    usable = len(client_id) <= 120 and storable(client_id)
    client = find_client(services, client_id) if usable else None
    if not knows_secret(client, secret) or client is None:
        raise Unauthenticated("token_invalid", "The client id or secret is wrong.")
    actor = Actor(client.client_id, client.kind, client.party, request_id, authentication="client_secret")
    return Access(actor, frozenset(client.scopes))


def is_active(services: Services, token: AccessToken) -> bool:
    """Whether a token that verifies still counts (RFC 7662 section 2.2)."""
    with services.store.reading() as transaction:
        if transaction.security.is_revoked(token.jti):
            return False
        return transaction.parties.client(token.client_id) is not None


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
