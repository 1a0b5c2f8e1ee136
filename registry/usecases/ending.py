"""Major versions that end: when, what comes instead, and who still calls them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from registry.model import Contract, Lifecycle, SemanticVersion, State, Usage
from registry.ports import Transaction
from registry.usecases.services import Services


@dataclass(frozen=True, slots=True)
class StillCalling:
    """A consumer with its calls of the last days; ``owner`` is None when nobody registered it."""

    consumer: str
    owner: str | None
    calls: int
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """A major version that is deprecated or sunset; ``days_left`` is negative after the end, None without."""

    contract: Contract
    number: SemanticVersion
    lifecycle: Lifecycle
    days_left: int | None
    callers: tuple[StillCalling, ...]


def list_ending(services: Services, count: int) -> tuple[list[Ending], int]:
    """Those that end first at the top, and how many more there are; retired ones are past and left out."""
    now = services.clock()
    since = (now - timedelta(days=services.publishing.usage_days)).date()
    with services.store.reading() as transaction:
        chosen = [one for one in transaction.catalog.latest() if one[2].state is not State.PUBLISHED]
        chosen.sort(key=lambda one: (one[2].sunset_at is None, one[2].sunset_at or now, one[0].name))
        found = [
            Ending(
                contract,
                version.number,
                lifecycle,
                (lifecycle.sunset_at.date() - now.date()).days if lifecycle.sunset_at else None,
                still_calling(services, transaction, contract.name, version.number.major, since),
            )
            for contract, version, lifecycle in chosen[:count]
        ]
    return found, max(0, len(chosen) - count)


def still_calling(
    services: Services, transaction: Transaction, contract: str, major: int, since: date
) -> tuple[StillCalling, ...]:
    """Consumers by their calls, the busiest first."""
    rows = transaction.traffic.usage_of_major(contract, major, since, services.limits.usage_rows_judged_max)
    by_name: dict[str, list[Usage]] = {}
    for row in rows:
        by_name.setdefault(row.consumer, []).append(row)
    found = [
        StillCalling(
            name, group[0].owner, sum(one.calls for one in group), max(one.last_seen for one in group)
        )
        for name, group in by_name.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.calls, one.consumer)))
