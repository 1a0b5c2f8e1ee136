"""People who sign in to the portal, and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A person; ``team`` is the one it belongs to, None for an administrator."""

    name: str
    title: str
    team: str | None
    password_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie stands for; only the hash of the cookie's value is kept."""

    token_hash: str
    account: str
    created_at: datetime
    expires_at: datetime
