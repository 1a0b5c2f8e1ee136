"""Taking in what gateways observed, once, and reading it back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.config import PROBLEMS_SHOWN_MAX
from registry.errors import Invalid
from registry.model import DailyUsage, Drift, Usage, UsageCount, rfc3339
from registry.usecases.services import Page, Services, known_contract, page

BATCH_MEMORY = timedelta(days=7)
"""How long a batch identifier is remembered; a gateway gives up sending a batch long before."""


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """Answers of an upstream off contract, as a gateway saw them."""

    contract: str
    version: str
    operation: str
    upstream: str
    status: int
    count: int
    first_seen: datetime
    last_seen: datetime
    errors: tuple[Mapping[str, str], ...]


def record_usage(services: Services, gateway: str, batch_id: str, counts: Sequence[UsageCount]) -> list[str]:
    """Adds the counts up per day, unless the batch was taken before; `Invalid` for calls of the future.

    Answers the consumers that are not registered here. Their calls are kept under the name that the gateway
    knows them by, since a call that was counted is evidence whoever made it.
    """
    now = services.clock()
    refuse_future(services, now, [one.last_seen for one in counts])
    with services.store.writing() as transaction:
        transaction.traffic.forget_batches(now - BATCH_MEMORY)
        if not transaction.traffic.begin_batch("usage", gateway, batch_id, now):
            return []
        oldest_kept = (now - timedelta(days=services.limits.usage_days_kept)).date()
        transaction.traffic.forget_usage(
            oldest_kept, services.limits.usage_rows_deleted_max, services.limits.usage_places_deleted_max
        )
        transaction.traffic.add_usage(counts)
        return transaction.parties.unregistered(sorted({one.consumer for one in counts}))


def refuse_future(services: Services, now: datetime, seen: Sequence[datetime]) -> None:
    """Raises `Invalid` for what was last seen later than clocks may differ: it would stay recent for ever."""
    skew_s = services.limits.clock_skew_max_s
    latest = now + timedelta(seconds=skew_s)
    late = [(position, at) for position, at in enumerate(seen) if at > latest]
    if late:
        problems = [
            {
                "in": "body",
                "pointer": f"/records/{position}/lastSeen",
                "code": "seen_in_future",
                "detail": f"{rfc3339(at)} is more than {skew_s} s ahead.",
            }
            for position, at in late[:PROBLEMS_SHOWN_MAX]
        ]
        raise Invalid(
            "seen_in_future",
            f"{len(late)} of the records are ahead of the registry's clock, which shows {rfc3339(now)}; "
            "set the clock of the gateway.",
            problems=problems,
        )


def list_usage(
    services: Services, contract_name: str, days: int, after: tuple[str, str, str] | None, count: int
) -> Page[Usage]:
    """Calls per consumer, version and operation over the last days, today included."""
    since = (services.clock() - timedelta(days=days - 1)).date()
    with services.store.reading() as transaction:
        known_contract(transaction, contract_name)
        found = transaction.traffic.usage(contract_name, since, after, count + 1)
    return page(found, count, lambda usage: (usage.consumer, usage.version, usage.operation))


def daily_usage(services: Services, contract_name: str, days: int, count: int) -> list[DailyUsage]:
    """Calls per consumer and day over the last days, today included; the newest rows, at most so many."""
    since = (services.clock() - timedelta(days=days - 1)).date()
    with services.store.reading() as transaction:
        known_contract(transaction, contract_name)
        return transaction.traffic.usage_by_day(contract_name, since, count)


def record_drift(services: Services, gateway: str, batch_id: str, records: Sequence[DriftRecord]) -> None:
    """Adds equal records up, unless the batch was taken before; `Invalid` for answers of the future."""
    now = services.clock()
    refuse_future(services, now, [record.last_seen for record in records])
    with services.store.writing() as transaction:
        transaction.traffic.forget_batches(now - BATCH_MEMORY)
        if transaction.traffic.begin_batch("drift", gateway, batch_id, now):
            transaction.traffic.add_drift([drift_of(record) for record in records])


def drift_of(record: DriftRecord) -> Drift:
    """The record under the identifier that equal records share."""
    same = (
        record.contract,
        record.version,
        record.operation,
        record.upstream,
        record.status,
        [dict(error) for error in record.errors],
    )
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode("ascii")).hexdigest()
    return Drift(
        f"drf_{digest[:24]}",
        record.contract,
        record.version,
        record.operation,
        record.upstream,
        record.status,
        record.count,
        record.first_seen,
        record.last_seen,
        record.errors,
    )


def list_drift(services: Services, contract: str | None, after: str | None, count: int) -> Page[Drift]:
    """Drift by identifier, of one contract or of all."""
    with services.store.reading() as transaction:
        found = transaction.traffic.drift(contract, after, count + 1)
    return page(found, count, lambda record: (record.id,))
