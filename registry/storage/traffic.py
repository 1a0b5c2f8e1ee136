"""Usage and drift in SQL: counts are added up where they stand, so that a batch costs one write per key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, select, tuple_

from registry.model import REFUSED_STATUSES, DailyUsage, Drift, SeenPlace, Usage, UsageCount
from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.sight import visible
from registry.storage.upsert import insert_new, insert_or_add, insert_or_later

USAGE = tables.usage.c
LAST = tables.last_calls.c
LAST_KEY = (LAST.consumer, LAST.contract, LAST.major)
SEEN = tables.usage_seen.c
SEEN_KEY = [column.name for column in tables.usage_seen.primary_key]
USAGE_KEY = [column.name for column in tables.usage.primary_key]
ERROR_STATUS_MIN = 400


@dataclass(frozen=True, slots=True)
class SqlTraffic:
    """Traffic over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def begin_batch(self, kind: str, gateway: str, batch_id: str, at: datetime) -> bool:
        """False when this batch was taken before."""
        row = {"kind": kind, "gateway": gateway, "batch_id": batch_id, "received_at": at}
        statement = insert_new(self.connection, tables.batches).values(row).returning(tables.batches.c.kind)
        return self.connection.execute(statement).first() is not None

    def forget_batches(self, before: datetime) -> None:
        self.connection.execute(delete(tables.batches).where(tables.batches.c.received_at < before))

    def forget_usage(self, before: date, rows_max: int, places_max: int) -> None:
        """Deletes rows of earlier days, the oldest first, at most so many; so what calls showed."""
        key = [USAGE[name] for name in USAGE_KEY]
        # Rows that another writer deletes at this moment are left to it (PostgreSQL; SQLite has one writer).
        oldest = (
            select(*key)
            .where(USAGE.day < before)
            .order_by(USAGE.day)
            .limit(rows_max)
            .with_for_update(skip_locked=True)
        )
        self.connection.execute(delete(tables.usage).where(tuple_(*key).in_(oldest)))
        seen_key = [SEEN[name] for name in SEEN_KEY]
        places = select(*seen_key).where(SEEN.day < before).order_by(SEEN.day).limit(places_max)
        places = places.with_for_update(skip_locked=True)
        self.connection.execute(delete(tables.usage_seen).where(tuple_(*seen_key).in_(places)))
        begin = datetime.combine(before, time(), UTC)
        gone = select(*LAST_KEY).where(LAST.last_seen < begin).limit(rows_max)
        gone = gone.with_for_update(skip_locked=True)
        self.connection.execute(delete(tables.last_calls).where(tuple_(*LAST_KEY).in_(gone)))

    def add_usage(self, counts: Iterable[UsageCount]) -> None:
        # In one order for all writers: two batches that share keys would deadlock otherwise.
        kept = list(counts)
        rows = sorted(map(usage_row, kept), key=lambda row: [row[name] for name in USAGE_KEY])
        if rows:
            statement = insert_or_add(
                self.connection,
                tables.usage,
                added=("calls", "looked"),
                earliest="first_seen",
                latest="last_seen",
            )
            self.connection.execute(statement, rows)
        self._note_last_calls(rows)
        seen = sorted(seen_rows(kept), key=lambda row: [row[name] for name in SEEN_KEY])
        if seen:
            statement = insert_or_add(self.connection, tables.usage_seen, added=("calls",))
            self.connection.execute(statement, seen)

    def _note_last_calls(self, rows: Iterable[Mapping[str, Any]]) -> None:
        latest: dict[tuple[str, str, int], datetime] = {}
        for row in rows:
            if row["status"] not in REFUSED_STATUSES:
                key = (row["consumer"], row["contract"], int(row["version"].partition(".")[0]))
                latest[key] = max(row["last_seen"], latest.get(key, row["last_seen"]))
        if latest:
            notes = [
                {"consumer": consumer, "contract": contract, "major": major, "last_seen": at}
                for (consumer, contract, major), at in sorted(latest.items())
            ]
            self.connection.execute(insert_or_later(self.connection, tables.last_calls, "last_seen"), notes)

    def usage(
        self, contract: str, since: date, after: tuple[str, str, str] | None, count: int
    ) -> list[Usage]:
        query = self._grouped(contract, since).order_by(USAGE.consumer, USAGE.version, USAGE.operation)
        if after is not None:
            query = query.where(tuple_(USAGE.consumer, USAGE.version, USAGE.operation) > tuple_(*after))
        return self._usage(query.limit(count))

    def usage_of_major(self, contract: str, major: int, since: date, count: int) -> list[Usage]:
        """Calls that were not refused, the busiest first."""
        query = self._grouped(contract, since).where(
            USAGE.version.startswith(f"{major}."), USAGE.status.not_in(REFUSED_STATUSES)
        )
        query = query.order_by(func.sum(USAGE.calls).desc(), USAGE.consumer, USAGE.operation, USAGE.version)
        return self._usage(query.limit(count))

    def seen_of_major(
        self, contract: str, major: int, since: date, count: int
    ) -> dict[tuple[str, str, str], list[SeenPlace]] | None:
        query = (
            select(
                SEEN.consumer,
                SEEN.version,
                SEEN.operation,
                SEEN.place,
                SEEN.path,
                SEEN.value,
                func.sum(SEEN.calls).label("calls"),
            )
            .where(
                SEEN.contract == contract,
                SEEN.day >= since,
                SEEN.version.startswith(f"{major}."),
                visible(self.sight, SEEN.contract),
            )
            .group_by(SEEN.consumer, SEEN.version, SEEN.operation, SEEN.place, SEEN.path, SEEN.value)
            .order_by(SEEN.consumer, SEEN.version, SEEN.operation, SEEN.place, SEEN.path, SEEN.value)
            .limit(count + 1)
        )
        rows = self.connection.execute(query).all()
        if len(rows) > count:
            return None
        found: dict[tuple[str, str, str], list[SeenPlace]] = {}
        for row in rows:
            key = (row.consumer, row.version, row.operation)
            found.setdefault(key, []).append(SeenPlace(row.place, row.path, row.value, int(row.calls)))
        return found

    def called_by(self, consumer: str, since: date, count: int) -> list[tuple[str, str]]:
        """Contracts and versions of calls that were not refused, by name."""
        query = (
            select(USAGE.contract, USAGE.version)
            .where(
                USAGE.consumer == consumer,
                USAGE.day >= since,
                USAGE.status.not_in(REFUSED_STATUSES),
                visible(self.sight, USAGE.contract),
            )
            .distinct()
            .order_by(USAGE.contract, USAGE.version)
            .limit(count)
        )
        return [(row.contract, row.version) for row in self.connection.execute(query)]

    def usage_by_day(self, contract: str, since: date, count: int) -> list[DailyUsage]:
        """Of each consumer and day, the newest day first."""
        query = (
            select(
                USAGE.day,
                USAGE.consumer,
                func.sum(USAGE.calls).label("calls"),
                func.sum(case((USAGE.status >= ERROR_STATUS_MIN, USAGE.calls), else_=0)).label("errors"),
            )
            .where(USAGE.contract == contract, USAGE.day >= since, visible(self.sight, USAGE.contract))
            .group_by(USAGE.day, USAGE.consumer)
            .order_by(USAGE.day.desc(), USAGE.consumer)
        )
        rows = self.connection.execute(query.limit(count))
        return [DailyUsage(row.day, row.consumer, int(row.calls), int(row.errors)) for row in rows]

    def _grouped(self, contract: str, since: date) -> Select[Any]:
        return grouped_usage(contract, since).where(visible(self.sight, USAGE.contract))

    def _usage(self, query: Select[Any]) -> list[Usage]:
        return [
            Usage(
                row.consumer,
                row.owner,
                row.version,
                row.operation,
                int(row.calls),
                int(row.errors),
                int(row.refused),
                row.last_seen,
                int(row.looked),
            )
            for row in self.connection.execute(query)
        ]

    def add_drift(self, records: Iterable[Drift]) -> None:
        rows = []
        for record in sorted(records, key=lambda record: record.id):
            row = asdict(record)
            del row["owner"]
            row["errors"] = [dict(error) for error in record.errors]
            rows.append(row)
        if rows:
            statement = insert_or_add(
                self.connection, tables.drift, added=("count",), earliest="first_seen", latest="last_seen"
            )
            self.connection.execute(statement, rows)

    def drift(self, contract: str | None, after: str | None, count: int) -> list[Drift]:
        table = tables.drift.c
        query = (
            select(tables.drift, tables.contracts.c.owner)
            .outerjoin(tables.contracts, tables.contracts.c.name == table.contract)
            .where(visible(self.sight, table.contract))
            .order_by(table.id)
            .limit(count)
        )
        if contract is not None:
            query = query.where(table.contract == contract)
        if after is not None:
            query = query.where(table.id > after)
        return [
            Drift(**{**row, "errors": tuple(row["errors"])})
            for row in self.connection.execute(query).mappings()
        ]


def usage_row(count: UsageCount) -> dict[str, Any]:
    """The row of a count, without what its calls showed."""
    row = asdict(replace(count, seen=()))
    del row["seen"]
    return row


def seen_rows(counts: Iterable[UsageCount]) -> Iterator[dict[str, Any]]:
    """One row per place that calls showed; refused calls say nothing about use."""
    added: dict[tuple[Any, ...], dict[str, Any]] = {}
    for count in counts:
        if count.status in REFUSED_STATUSES:
            continue
        for one in count.seen:
            text = json.dumps([one.place, one.path, one.value])
            coordinate = hashlib.sha256(text.encode("ascii")).hexdigest()[:32]
            key = (count.contract, count.day, count.consumer, count.version, count.operation, coordinate)
            row = dict(zip(SEEN_KEY, key, strict=True))
            row |= {"place": one.place, "path": one.path, "value": one.value, "calls": 0}
            added.setdefault(key, row)["calls"] += one.calls
    yield from added.values()


def grouped_usage(contract: str, since: date) -> Select[Any]:
    """Calls per consumer, version and operation since a day, with the team that owns the consumer."""
    return (
        select(
            USAGE.consumer,
            tables.consumers.c.owner,
            USAGE.version,
            USAGE.operation,
            func.sum(USAGE.calls).label("calls"),
            func.sum(case((USAGE.status >= ERROR_STATUS_MIN, USAGE.calls), else_=0)).label("errors"),
            func.sum(case((USAGE.status.in_(REFUSED_STATUSES), USAGE.calls), else_=0)).label("refused"),
            func.max(USAGE.last_seen).label("last_seen"),
            func.sum(USAGE.looked).label("looked"),
        )
        .outerjoin(tables.consumers, tables.consumers.c.name == USAGE.consumer)
        .where(USAGE.contract == contract, USAGE.day >= since)
        .group_by(USAGE.consumer, tables.consumers.c.owner, USAGE.version, USAGE.operation)
    )
