"""The audit, revoked tokens and the signing key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class RevokedToken:
    """An access token that no longer counts, until it expires anyway (``exp``, seconds since 1970)."""

    jti: str
    exp: int


class AuditOutcome(StrEnum):
    """Whether what was asked for was done."""

    DONE = "done"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when, to what, why, under which request.

    ``authentication`` is how the actor was known, ``credential`` the public identifier of what it showed.
    ``before`` and ``after`` are sha256 digests (hex) of the state that changed, None where there was none.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    request_id: str
    on_behalf_of: str | None = None
    detail: Mapping[str, Any] | None = None
    before: str | None = None
    after: str | None = None
    authentication: str | None = None
    credential: str | None = None
    reason: str | None = None
    outcome: AuditOutcome = AuditOutcome.DONE


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The RSA key that signs access tokens, as PEM (PKCS 8)."""

    kid: str
    private_pem: str
    created_at: datetime
