"""Where keys, revoked tokens and the audit are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from registry.model import (
    AuditEntry,
    RevokedToken,
    SigningKey,
)


class Security(Protocol):
    """The signing key, revoked tokens and the audit."""

    def add_key(self, key: SigningKey) -> None: ...
    def keys(self) -> list[SigningKey]:
        """Newest first."""

    def revoke(self, token: RevokedToken, at: datetime) -> None: ...
    def is_revoked(self, jti: str) -> bool: ...
    def forget_revoked(self, expired_by: int) -> None: ...
    def revoked(self, expiring_after: int, count: int) -> list[RevokedToken]: ...
    def audit(self, entry: AuditEntry) -> None:
        """Appends to the log when the transaction ends, and with it."""
