"""Where change requests are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.model import ChangeEntry, ChangeRequest, ChangeState


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """What change requests are searched by; None means whatever."""

    contract: str | None = None
    state: ChangeState | None = None
    team: str | None = None
    """Only those that this team has to agree to, or has proposed."""


class Changes(Protocol):
    """Change requests and what was said about them."""

    def add(self, change: ChangeRequest, content: Mapping[str, bytes]) -> None:
        """``content`` is the bytes of its documents by their sha256."""

    def change(self, change_id: str) -> ChangeRequest | None: ...
    def locked(self, change_id: str) -> ChangeRequest | None:
        """The request, which nobody else changes until this transaction ends."""

    def update(self, change: ChangeRequest, content: Mapping[str, bytes]) -> None:
        """Writes one that this transaction has locked."""

    def expire(self, now: datetime) -> None:
        """Settles those that nobody used in time."""

    def live(self, contract: str | None, count: int) -> list[ChangeRequest]:
        """Open and approved ones, the oldest first."""

    def search(
        self, wanted: ChangeFilter, now: datetime, after: str | None, count: int
    ) -> list[ChangeRequest]:
        """By identifier, the newest first; ``now`` tells which are expired."""

    def of_content(self, contract: str, bundle_sha256: str, count: int) -> list[ChangeRequest]:
        """Those that propose exactly this content, the newest first."""

    def implement(self, change: ChangeRequest, at: datetime) -> bool:
        """Uses the approval up; False when it is not there any more."""

    def add_entry(self, change_id: str, entry: ChangeEntry) -> None:
        """Appends to the history and raises the epoch."""

    def entries(self, change_id: str, count: int) -> list[ChangeEntry]:
        """The oldest first."""
