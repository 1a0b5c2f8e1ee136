"""Where plans to end a version are kept, and what notices are read from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol

from registry.model import Contract, Lifecycle, Subscription
from registry.model.plans import Acknowledgement, Caller, DeprecationPlan, PlanState


class Plans(Protocol):
    """Plans and the acknowledgements of consumers' owners."""

    def plan(self, contract: str, major: int) -> DeprecationPlan | None: ...
    def put(self, plan: DeprecationPlan) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""

    def plans(
        self, contract: str | None, state: PlanState | None, after: tuple[str, int] | None, count: int
    ) -> list[DeprecationPlan]: ...
    def due(self, now: datetime, count: int) -> list[DeprecationPlan]:
        """Active plans with something to tell, the longest waiting first."""

    def acknowledgements(self, contract: str, major: int) -> dict[str, Acknowledgement]: ...
    def acknowledge(self, contract: str, major: int, acknowledgement: Acknowledgement) -> None:
        """Replaces what was said for the same consumer before."""

    def callers(self, contract: str, major: int | None, since: date, count: int) -> list[Caller]:
        """Consumers whose calls were not refused, the busiest first; of any major version for None."""


class Inbox(Protocol):
    """What concerns a team."""

    def ending(self, contracts: Collection[str] | None) -> list[tuple[Contract, int, Lifecycle]]:
        """Major versions that have a date of deprecation or of their end, and are not retired."""

    def calls_of_team(self, team: str, since: date) -> dict[tuple[str, int], dict[str, datetime]]:
        """The last calls of each consumer of the team by contract and major version."""

    def declared_by_team(self, team: str) -> list[Subscription]: ...
    def drift_of_team(self, team: str, since: datetime) -> list[tuple[str, int, int, datetime, datetime]]:
        """By contract: answers off contract, how many operations, and when the first and the last was."""
