"""Where judgements are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.model import UsageEvidence
from registry.model.reports import ReportKey
from registry.ports.services import Judgement


class Reports(Protocol):
    """Judgements without traffic, in bounded number and size."""

    def content(self, key: ReportKey) -> bytes | None: ...
    def put(self, key: ReportKey, content: bytes, at: datetime) -> None:
        """Keeps it in place of the one there is: the same, unless that one can no longer be read."""

    def trim(self, count: int, size_bytes: int) -> None:
        """Deletes the oldest until at most so many with at most so many bytes are left."""


class Joiner(Protocol):
    """Makes judgements of what was kept, with the traffic of now; holds the last ones ready in memory."""

    engine: str
    options: str

    def held(self, key: ReportKey, usage: Sequence[UsageEvidence]) -> Judgement | None:
        """The judgement, when memory has it."""

    def hold(self, key: ReportKey, content: bytes) -> bool:
        """Takes it into memory; False for a content that cannot be read."""
