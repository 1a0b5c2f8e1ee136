"""Where grants of roles are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry.model.access import AccessScope, Grant, Held, SubjectKind


class Grants(Protocol):
    """Roles given to teams, accounts and clients."""

    def add(self, grant: Grant) -> None: ...
    def grant(self, grant_id: str) -> Grant | None: ...
    def grants(
        self,
        subject: tuple[SubjectKind, str] | None,
        within: Sequence[AccessScope],
        after: str | None,
        count: int,
    ) -> list[Grant]:
        """Those within one of the scopes, by identifier, the expired ones too."""

    def count(self) -> int: ...
    def held(self, subjects: Sequence[tuple[SubjectKind, str]], now: datetime) -> tuple[Held, ...]:
        """The roles that any of the subjects holds now."""

    def change(self, grant: Grant) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""

    def remove(self, grant: Grant) -> bool:
        """False when it changed or went meanwhile."""
