"""Kept judgements in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, select
from sqlalchemy.sql.elements import ColumnElement

from registry.model.reports import ReportKey
from registry.storage import tables
from registry.storage.upsert import insert_new

REPORTS = tables.reports.c


@dataclass(frozen=True, slots=True)
class SqlReports:
    """Judgements over one connection."""

    connection: Connection

    def content(self, key: ReportKey) -> bytes | None:
        query = select(REPORTS.content).where(self._is(key))
        found: bytes | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def put(self, key: ReportKey, content: bytes, at: datetime) -> None:
        row = {**asdict(key), "content": content, "size_bytes": len(content), "kept_at": at}
        self.connection.execute(delete(tables.reports).where(self._is(key)))
        self.connection.execute(insert_new(self.connection, tables.reports), [row])

    def _is(self, key: ReportKey) -> ColumnElement[bool]:
        return and_(*(REPORTS[name] == value for name, value in asdict(key).items()))

    def trim(self, count: int, size_bytes: int) -> None:
        """Deletes the oldest until at most so many with at most so many bytes are left."""
        there, size = self.connection.execute(
            select(func.count(), func.coalesce(func.sum(REPORTS.size_bytes), 0))
        ).one()
        if there <= count and size <= size_bytes:
            return
        keys = [REPORTS[name] for name in ("before_sha256", "after_sha256", "engine", "options")]
        oldest = select(*keys, REPORTS.size_bytes).order_by(REPORTS.kept_at, *keys)
        for *key, bytes_ in self.connection.execute(oldest).all():
            if there <= count and size <= size_bytes:
                return
            same = and_(*(column == value for column, value in zip(keys, key, strict=True)))
            self.connection.execute(delete(tables.reports).where(same))
            there, size = there - 1, size - bytes_
