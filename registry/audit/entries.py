"""One entry as the bytes that are hashed: its RFC 8785 form, with its place and the hash before it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from registry.model import NAME, AuditEntry
from specs.canonical import canonical_json

FORMAT = "pactolus-audit/1"
NOTHING_BEFORE = "0" * 64
"""What the first entry names as the one before."""
CONTRACT_PATH = re.compile(r"/(?:registry/v1|portal)/contracts/([^/]+)")
"""Addresses of one contract, whose denied calls are about it."""
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


def contract_named(action: str, subject: str, detail: Mapping[str, Any] | None) -> str | None:
    """The contract that an entry is about, None where it is about none: who may not see it reads no entry."""
    scope = detail.get("scope") if detail is not None else None
    if action.startswith("contract.") or (action.startswith("ruleset.") and scope == "contract"):
        found: Any = subject
    elif action.startswith("plan."):
        found = subject.partition("/")[0]
    elif detail is not None and "contract" in detail:
        found = detail["contract"]
    else:
        matched = CONTRACT_PATH.match(subject) if action == "access.denied" else None
        found = matched[1] if matched else None
    return found if isinstance(found, str) and NAME.fullmatch(found) else None


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
