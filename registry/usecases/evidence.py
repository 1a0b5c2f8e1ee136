"""Who uses a version: what gateways counted lately, and what consumers declare."""

from __future__ import annotations

from datetime import timedelta

from registry.model import UsageEvidence, Version
from registry.ports import Transaction
from registry.usecases.services import Services

UNREGISTERED = "(not registered)"
"""Stands for the owner of a consumer that only a gateway knows; no team can have this name."""


def evidence_of(services: Services, transaction: Transaction, version: Version) -> list[UsageEvidence]:
    """Observed calls to any version of the same major version, then declared use that was not observed.

    A call that the gateway refused does not count: who may not call an operation is not hit by its change.
    """
    major = version.number.major
    since = (services.clock() - timedelta(days=services.publishing.usage_days)).date()
    seen = transaction.traffic.seen_of_major(
        version.contract, major, since, services.limits.usage_places_judged_max
    )
    observed = [
        UsageEvidence(
            row.consumer,
            row.owner or UNREGISTERED,
            row.version,
            row.operation,
            row.calls,
            row.last_seen,
            "observed",
            None if seen is None else row.looked,
            () if seen is None else tuple(seen.get((row.consumer, row.version, row.operation), ())),
        )
        for row in transaction.traffic.usage_of_major(
            version.contract, major, since, services.limits.usage_rows_judged_max
        )
    ]
    calling = {(row.consumer, row.operation) for row in observed}
    names = {operation.operation_id: operation.name for operation in version.operations}
    declared = [
        UsageEvidence(one.consumer, owner, str(version.number), names[identifier], 0, None, "declared")
        for one, owner in transaction.parties.subscribers(version.contract, major)
        for identifier in (one.operations or tuple(names))
        if identifier in names and (one.consumer, names[identifier]) not in calling
    ]
    return observed + declared
