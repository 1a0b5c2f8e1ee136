"""The audit log as it is kept and read, and the keys that vouch for it and for contracts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from registry.model.security import AuditOutcome


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An entry of the log: its place, its exact bytes (UTF-8 of RFC 8785) and their leaf hash (hex)."""

    index: int
    raw: str
    leaf_hash: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the log is searched by; None means whatever. ``since`` is included, ``until`` is not."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    outcome: AuditOutcome | None = None
    since: datetime | None = None
    until: datetime | None = None


class KeyPurpose(StrEnum):
    """What an Ed25519 key of the registry vouches for."""

    AUDIT = "audit"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True)
class VouchingKey:
    """An Ed25519 key of the registry: its name, and its 32 secret bytes in base64."""

    name: str
    purpose: KeyPurpose
    seed: str = field(repr=False)
    created_at: datetime
