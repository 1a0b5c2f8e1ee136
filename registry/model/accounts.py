"""People who sign in to the portal, and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registry.model.access import Held


@dataclass(frozen=True, slots=True)
class Account:
    """A person. ``team`` is the one it belongs to, None for an administrator and for who has roles only.

    ``issuer`` and ``subject`` name the person at the provider that vouches for it, ``roles`` is what the
    provider's groups gave at the last sign-in. A person without them signs in with a password.
    """

    name: str
    title: str
    team: str | None
    password_hash: str
    created_at: datetime
    is_admin: bool = False
    issuer: str | None = None
    subject: str | None = None
    roles: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie stands for; only the hash of the cookie's value is kept."""

    token_hash: str
    account: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """A sign-in that waits for the answer of the provider."""

    state_hash: str
    nonce: str
    verifier: str
    wanted: str
    expires_at: datetime
