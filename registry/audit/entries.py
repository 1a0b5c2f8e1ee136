"""One entry as the bytes that are hashed: its RFC 8785 form, with its place and the hash before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from registry.model import AuditEntry
from specs.canonical import canonical_json

FORMAT = "pactolus-audit/1"
NOTHING_BEFORE = "0" * 64
"""What the first entry names as the one before."""
DETAIL_BYTES_MAX = 32 * 1024
"""A larger detail is kept by its digest."""


def entry_bytes(entry: AuditEntry, index: int, previous: str) -> bytes:
    """The line of the log; ``previous`` is the leaf hash (hex) of the entry before."""
    return canonical_json(
        {
            "format": FORMAT,
            "index": index,
            "previous": previous,
            "at": instant(entry.at),
            "actor": entry.actor,
            "authentication": entry.authentication,
            "credential": entry.credential,
            "onBehalfOf": entry.on_behalf_of,
            "reason": entry.reason,
            "action": entry.action,
            "outcome": entry.outcome.value,
            "subject": entry.subject,
            "requestId": entry.request_id,
            "before": entry.before,
            "after": entry.after,
            "detail": bounded(entry.detail),
        }
    )


def instant(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def bounded(detail: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The detail, or its digest when it is too large to keep."""
    if detail is None:
        return None
    raw = canonical_json(dict(detail))
    if len(raw) <= DETAIL_BYTES_MAX:
        return dict(detail)
    return {"omitted": {"bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}}


def state_hash(value: Any) -> str:
    """The sha256 (hex) of a state's RFC 8785 form, for an entry's ``before`` and ``after``."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
