"""What calls showed of their contract, kept and added up; what was refused, or is too much, tells nothing."""

from __future__ import annotations

from datetime import date, timedelta

from registry.model import SeenPlace, UsageCount
from registry.storage import tables
from registry.storage.store import SqlStore
from tests.registry.harness import START

TODAY = START.date()
DUE = SeenPlace("request", "due", None, 2)
EUR = SeenPlace("request", "currency", '"EUR"', 1)


def count(*seen: SeenPlace, status: int = 201, day: date = TODAY, **changes: str) -> UsageCount:
    given = {"consumer": "portal", "contract": "orders", "version": "1.0.0", "operation": "POST /orders"}
    given |= changes
    return UsageCount(
        **given, status=status, day=day, calls=3, first_seen=START, last_seen=START, looked=2, seen=seen
    )


def seen(store: SqlStore, count_max: int = 100, since: date = TODAY) -> object:
    with store.reading() as transaction:
        return transaction.traffic.seen_of_major("orders", 1, since, count_max)


def test_places_are_added_up_over_days_and_statuses_and_calls_that_were_refused_tell_nothing(
    store: SqlStore,
) -> None:
    earlier = START.date() - timedelta(days=1)
    with store.writing() as transaction:
        transaction.traffic.add_usage([count(DUE, EUR), count(DUE, status=422), count(DUE, status=403)])
    with store.writing() as transaction:
        transaction.traffic.add_usage([count(DUE, day=earlier), count(DUE, version="2.0.0")])

    assert seen(store, since=earlier) == {
        ("portal", "1.0.0", "POST /orders"): [EUR, SeenPlace("request", "due", None, 6)]
    }
    assert seen(store) == {("portal", "1.0.0", "POST /orders"): [EUR, SeenPlace("request", "due", None, 4)]}
    assert seen(store, count_max=1) is None
    with store.reading() as transaction:
        (row,) = transaction.traffic.usage_of_major("orders", 1, START.date(), 10)
    assert (row.calls, row.looked) == (6, 4)


def test_places_of_earlier_days_are_deleted_some_at_a_time_the_oldest_first(store: SqlStore) -> None:
    with store.writing() as transaction:
        transaction.traffic.add_usage([count(DUE, day=date(2026, 10, day)) for day in (3, 1, 2, 4)])

    def days_left() -> list[int]:
        with store.reading() as transaction:
            rows = transaction.connection.execute(tables.usage_seen.select())
            return sorted(row.day.day for row in rows)

    with store.writing() as transaction:
        transaction.traffic.forget_usage(date(2026, 10, 4), 10, 2)
    first = days_left()
    with store.writing() as transaction:
        transaction.traffic.forget_usage(date(2026, 10, 4), 10, 2)

    assert (first, days_left()) == ([3, 4], [4])
