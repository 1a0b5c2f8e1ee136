"""Counts who called what with which outcome, and which systems answered off contract; sends both in batches.

A batch keeps its identifier through all retries, so the receiver counts it once. Batches that cannot be
sent are kept in order up to a bound; beyond it the oldest is given up and counted as lost, never a caller
held back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.model import ContractRecord, Violation
from gateway.plan.sights import LOOKED, UNKNOWN, Sights
from gateway.ports import Reports

Send = Callable[[Mapping[str, Any]], Awaitable[None]]
DRIFT_ERRORS_MAX = 20


@dataclass(slots=True)
class _Count:
    count: int
    first_seen: float
    last_seen: float
    errors: list[dict[str, str]] | None = None
    shown: Shown | None = None


class Shown:
    """What the calls of one row showed of their contract: equal calls under one number, added up by place."""

    __slots__ = ("_by_bit", "_shapes", "looked", "sights")

    def __init__(self, sights: Sights) -> None:
        self.sights = sights
        self.looked = 0
        self._shapes: dict[int, int] = {}
        self._by_bit: dict[int, int] = {}

    def add(self, sent: int, shapes_max: int) -> None:
        """One more call."""
        self.looked += sent & LOOKED
        known = self._shapes.get(sent)
        if known is None and len(self._shapes) >= shapes_max:
            self._spell_out()
        self._shapes[sent] = (known or 0) + 1

    def records(self) -> list[dict[str, Any]]:
        """Each place with the calls that showed it."""
        self._spell_out()
        coordinates = self.sights.coordinates
        return [coordinates[bit - 2].as_json(calls) for bit, calls in sorted(self._by_bit.items())]

    def _spell_out(self) -> None:
        for shape, calls in self._shapes.items():
            rest = shape & ~(LOOKED | UNKNOWN)
            while rest:
                lowest = rest & -rest
                bit = lowest.bit_length() - 1
                self._by_bit[bit] = self._by_bit.get(bit, 0) + calls
                rest ^= lowest
        self._shapes.clear()


class Tally:
    """Counts of one kind, by row; emptied into batches."""

    __slots__ = ("_fields", "_rows", "_rows_max", "dropped")

    def __init__(self, fields: tuple[str, ...], rows_max: int) -> None:
        self._fields = fields
        self._rows: dict[tuple[str | int, ...], _Count] = {}
        self._rows_max = rows_max
        self.dropped = 0

    def add(
        self, row: tuple[str | int, ...], now: float, errors: list[dict[str, str]] | None = None
    ) -> _Count | None:
        """One more in `row`; a new row beyond the bound is dropped and counted as such."""
        known = self._rows.get(row)
        if known is not None:
            known.count += 1
            known.last_seen = now
        elif len(self._rows) >= self._rows_max:
            self.dropped += 1
        else:
            known = self._rows[row] = _Count(1, now, now, errors)
        return known

    def take(self) -> list[dict[str, Any]]:
        """All rows as records; the tally starts anew."""
        rows, self._rows = self._rows, {}
        return [self._record(row, count) for row, count in rows.items()]

    def _record(self, row: tuple[str | int, ...], count: _Count) -> dict[str, Any]:
        record: dict[str, Any] = dict(zip(self._fields, row, strict=True))
        record["count"] = count.count
        record["firstSeen"] = timestamp(count.first_seen)
        record["lastSeen"] = timestamp(count.last_seen)
        if count.errors is not None:
            record["errors"] = count.errors
        if count.shown is not None:
            record["looked"] = count.shown.looked
            record["seen"] = count.shown.records()
        return record


class Meter:
    """The gateway's two tallies and the batches on their way."""

    def __init__(self, gateway: str, reports: Reports, new_id: Callable[[], str], limits: Limits) -> None:
        self._gateway = gateway
        self._reports = reports
        self._new_id = new_id
        self._limits = limits
        self._usage = Tally(("consumer", "contract", "version", "operation", "status"), limits.usage_rows_max)
        self._drift = Tally(("contract", "version", "operation", "upstream", "status"), limits.drift_rows_max)
        self._pending: deque[tuple[Send, dict[str, Any]]] = deque()
        self._places_pending = 0
        self.batches_lost = 0

    @property
    def pending(self) -> int:
        """Batches not yet taken by the receiver."""
        return len(self._pending)

    @property
    def rows_dropped(self) -> int:
        """Rows not counted because a tally was at its bound."""
        return self._usage.dropped + self._drift.dropped

    def count(
        self,
        consumer: str,
        record: ContractRecord,
        operation: str,
        status: int,
        now: float,
        sights: Sights | None = None,
        sent: int = 0,
    ) -> None:
        """One exchange of a known consumer, and what of its contract it showed."""
        row = self._usage.add((consumer, record.name, record.version, operation, status), now)
        if row is None or sights is None:
            return
        if row.shown is None:
            row.shown = Shown(sights)
        # After a reload bits may stand for other places: such calls are not looked at until the next batch.
        if row.shown.sights is sights:
            row.shown.add(sent, self._limits.shapes_per_row_max)

    def drift(
        self, record: ContractRecord, operation: str, status: int, violations: Sequence[Violation], now: float
    ) -> None:
        """One answer off contract; the pointers of the first one in a batch are kept."""
        errors = [
            {"pointer": f"/{violation.where}{violation.pointer}", "detail": violation.detail}
            for violation in violations[:DRIFT_ERRORS_MAX]
        ]
        self._drift.add((record.name, record.version, operation, record.key, status), now, errors)

    async def flush(self) -> bool:
        """Sends what was counted since; False when something is left to send again."""
        self._collect(self._reports.usage, self._usage)
        self._collect(self._reports.drift, self._drift)
        while self._pending:
            send, batch = self._pending[0]
            try:
                await send(batch)
            except SourceError as error:
                if error.code != "source.refused":
                    return False
                self.batches_lost += 1
            if self._pending and self._pending[0][1] is batch:
                self._pending.popleft()
                self._places_pending -= places_of(batch)
        return True

    def _collect(self, send: Send, tally: Tally) -> None:
        limits = self._limits
        for records, places in batches(
            tally.take(), limits.usage_records_per_batch_max, limits.usage_places_per_batch_max
        ):
            if len(self._pending) >= limits.batches_kept_max:
                _, given_up = self._pending.popleft()
                self._places_pending -= places_of(given_up)
                self.batches_lost += 1
            if self._places_pending + places > limits.usage_places_kept_max:
                _forget_places(records)
            else:
                self._places_pending += places
            batch = {"gateway": self._gateway, "batchId": self._new_id(), "records": records}
            self._pending.append((send, batch))


def batches(
    records: Sequence[dict[str, Any]], records_max: int, places_max: int
) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """The records in parts that one request may hold, each with the number of places seen in it."""
    part: list[dict[str, Any]] = []
    places = 0
    for record in records:
        more = len(record.get("seen", ()))
        if part and (len(part) >= records_max or places + more > places_max):
            yield part, places
            part, places = [], 0
        part.append(record)
        places += more
    if part:
        yield part, places


def places_of(batch: Mapping[str, Any]) -> int:
    """How many places a batch tells of."""
    return sum(len(record.get("seen", ())) for record in batch["records"])


def _forget_places(records: Sequence[dict[str, Any]]) -> None:
    """Calls remain counted; what they showed is then not known, and is told as such."""
    for record in records:
        if "seen" in record:
            record["looked"], record["seen"] = 0, []


class NoReports:
    """For a gateway without a registry: counts end in the metrics and the access log."""

    async def usage(self, batch: Mapping[str, Any]) -> None:
        """Lets the batch go."""

    async def drift(self, batch: Mapping[str, Any]) -> None:
        """Lets the batch go."""


def timestamp(moment: float) -> str:
    """RFC 3339 in UTC with milliseconds."""
    second = int(moment)
    return f"{_second(second)}.{int((moment - second) * 1000):03d}Z"


@lru_cache(maxsize=8)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
