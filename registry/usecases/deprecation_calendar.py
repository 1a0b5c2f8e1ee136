"""When versions end: the dates of life cycles and plans, in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from registry.errors import Invalid
from registry.model import Contract, Lifecycle
from registry.model.plans import CalendarEntry, DeprecationPlan, NoticeReason, PlanState
from registry.usecases.services import Page, Services


def entries(services: Services, start: datetime | None, end: datetime | None) -> list[CalendarEntry]:
    """Every date from ``start`` on and before ``end``, the earliest first, up to a limit."""
    if start is not None and end is not None and end <= start:
        raise Invalid("range_invalid", "The end of the calendar is not after its start.")
    most = services.plans.calendar_entries_max
    with services.store.reading() as transaction:
        ending = transaction.inbox.ending(None)
        active = transaction.plans.plans(None, PlanState.ACTIVE, None, most)
    plans = {(plan.contract, plan.major): plan for plan in active}
    found = [
        entry
        for contract, major, lifecycle in ending
        for entry in dates_of(contract, major, lifecycle, plans.get((contract.name, major)))
        if (start is None or entry.at >= start) and (end is None or entry.at < end)
    ]
    found.sort(key=lambda one: (one.at, one.contract, one.major, one.reason.value, one.title))
    return found[:most]


def dates_of(
    contract: Contract, major: int, lifecycle: Lifecycle, plan: DeprecationPlan | None
) -> Iterator[CalendarEntry]:
    """The dates of one version."""
    name = f"{contract.name} v{major}"
    dates = [
        (plan.announced_at if plan else None, NoticeReason.ANNOUNCED, f"{name}: its end is announced"),
        (lifecycle.deprecated_at, NoticeReason.DEPRECATED, f"{name} is deprecated"),
        (lifecycle.sunset_at, NoticeReason.SUNSET, f"{name} ends"),
    ]
    dates += [
        (one.at, NoticeReason.MILESTONE, f"{name}: {one.title}")
        for one in (plan.definition.milestones if plan else ())
    ]
    for at, reason, title in dates:
        if at is not None:
            yield CalendarEntry(at, reason, contract.name, major, contract.owner, title)


def list_entries(
    services: Services, start: datetime | None, end: datetime | None, skip: int, count: int
) -> Page[CalendarEntry]:
    """A page of the calendar."""
    found = entries(services, start, end)
    following = (str(skip + count),) if len(found) > skip + count else None
    return Page(tuple(found[skip : skip + count]), following)
