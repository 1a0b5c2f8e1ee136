"""Where observations are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol

from registry.model import (
    DailyUsage,
    Drift,
    SeenPlace,
    Usage,
    UsageCount,
)


class Traffic(Protocol):
    """What gateways observed."""

    def begin_batch(self, kind: str, gateway: str, batch_id: str, at: datetime) -> bool:
        """False when this batch was taken before."""

    def forget_batches(self, before: datetime) -> None: ...
    def forget_usage(self, before: date, rows_max: int, places_max: int) -> None:
        """Deletes rows of earlier days, the oldest first, at most so many, and so what calls showed."""

    def add_usage(self, counts: Iterable[UsageCount]) -> None: ...
    def usage(
        self, contract: str, since: date, after: tuple[str, str, str] | None, count: int
    ) -> list[Usage]: ...
    def usage_of_major(self, contract: str, major: int, since: date, count: int) -> list[Usage]:
        """Calls that were not refused, the busiest first."""

    def seen_of_major(
        self, contract: str, major: int, since: date, count: int
    ) -> dict[tuple[str, str, str], list[SeenPlace]] | None:
        """What calls that were not refused showed, by consumer, version and operation; None if it is more."""

    def called_by(self, consumer: str, since: date, count: int) -> list[tuple[str, str]]:
        """Contracts and versions of calls that were not refused, by name."""

    def usage_by_day(self, contract: str, since: date, count: int) -> list[DailyUsage]:
        """Of each consumer and day, the newest day first."""

    def add_drift(self, records: Iterable[Drift]) -> None: ...
    def drift(self, contract: str | None, after: str | None, count: int) -> list[Drift]: ...
