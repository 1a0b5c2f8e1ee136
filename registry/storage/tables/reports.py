"""Judgements that are kept; all of them can be made again."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from registry.storage.tables.base import Moment, metadata

reports = Table(
    "reports",
    metadata,
    Column("before_sha256", String(64), primary_key=True),
    Column("after_sha256", String(64), primary_key=True),
    Column("engine", String(40), primary_key=True),
    Column("options", String(64), primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_reports_kept_at", "kept_at"),
)
