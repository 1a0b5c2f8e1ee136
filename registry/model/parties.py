"""Who there is: teams, consumers, their clients, and the one who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.errors import Invalid
from registry.model.access import TEAM_VERBS, AccessRole, AccessScope, Held, Verb
from registry.model.contracts import Contract

NAME = re.compile(r"[a-z][a-z0-9-]{1,62}")


class ClientKind(StrEnum):
    """Whom a client acts for."""

    ADMIN = "admin"
    TEAM = "team"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Team:
    """Who owns contracts and consumers."""

    name: str
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a consumer may use: a sustained rate, and how many requests at once."""

    requests_per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Consumer:
    """An application that calls; ``layer`` decides which layers it may call."""

    name: str
    owner: str
    layer: str
    plan: Plan
    created_at: datetime
    client_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One secret of a client, as its hash; a client has a second one while it changes to it."""

    id: str
    secret_hash: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def counts(self, now: datetime) -> bool:
        """Whether it opens anything still."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client; ``party`` is the team or consumer it acts for, None for the administrator."""

    client_id: str
    kind: ClientKind
    party: str | None
    secrets: tuple[ClientSecret, ...]
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client with a new secret, which is shown once and never stored."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    secret_id: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, how that is known, under which request, and why if it was said.

    ``credential`` is the public identifier of what was shown, such as the ``jti`` of an access token.
    """

    client_id: str
    kind: ClientKind
    party: str | None
    request_id: str
    authentication: str = "access_token"
    credential: str | None = None
    reason: str | None = None
    held: tuple[Held, ...] = ()
    """The roles that were granted to it; those of ownership and of its kind come on top."""

    @property
    def is_admin(self) -> bool:
        return self.kind is ClientKind.ADMIN

    def may(self, verb: Verb, contract: Contract, environment: str | None = None) -> bool:
        """Whether one of its roles, or its being a team, allows that much with a contract that it sees."""
        if self.kind is ClientKind.TEAM and verb in TEAM_VERBS:
            return True
        return any(one.allows(verb, contract, environment) for one in self.roles)

    @property
    def roles(self) -> tuple[Held, ...]:
        """Those granted, and those that its kind gives: the administrator's, and ownership."""
        if self.is_admin:
            return (*self.held, Held(AccessRole.ADMINISTRATOR))
        if self.kind is ClientKind.TEAM and self.party is not None:
            return (*self.held, Held(AccessRole.OWNER, AccessScope(owner=self.party)))
        return self.held

    def acts_for(self, team: str) -> bool:
        """Whether this is a client of that team."""
        return self.kind is ClientKind.TEAM and self.party == team


def name(value: str, what: str) -> str:
    """The name itself; `Invalid` when it is none. A pattern in a contract alone lets a line end through."""
    if not NAME.fullmatch(value):
        raise Invalid(
            "name_invalid", f"{value!r} is no name of a {what}: lower-case letters, digits, hyphens."
        )
    return value
