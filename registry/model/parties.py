"""Who there is: teams, consumers, their clients, and the one who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.errors import Invalid

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
class Client:
    """An OAuth client; ``party`` is the team or consumer it acts for, None for the administrator."""

    client_id: str
    kind: ClientKind
    party: str | None
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """A new client with its secret, which is shown once and never stored."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]


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

    @property
    def is_admin(self) -> bool:
        return self.kind is ClientKind.ADMIN

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
