"""What a judgement depends on, and so what it is kept under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from registry.model.contracts import DocumentReference


@dataclass(frozen=True, slots=True)
class ReportKey:
    """Two contents, the engine that judged and what it was told; traffic is no part of it."""

    before_sha256: str
    after_sha256: str
    engine: str
    options: str


def content_sha256(documents: Sequence[DocumentReference]) -> str:
    """The digest of exact documents under their URIs: reports name lines, so equal meaning is not enough."""
    entry, *others = documents
    named = [[entry.uri, entry.sha256], *sorted([one.uri, one.sha256] for one in others)]
    return hashlib.sha256(json.dumps(named).encode("ascii")).hexdigest()
