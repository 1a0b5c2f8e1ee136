"""Observations of gateways."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
)

from registry.storage.tables.base import Moment, counter, metadata

batches = Table(
    "batches",
    metadata,
    Column("kind", String(10), primary_key=True),
    Column("gateway", String(100), primary_key=True),
    Column("batch_id", String(100), primary_key=True),
    Column("received_at", Moment, nullable=False, index=True),
)
usage = Table(
    "usage",
    metadata,
    Column("contract", String(63), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("consumer", String(63), primary_key=True),
    Column("version", String(30), primary_key=True),
    Column("operation", String(400), primary_key=True),
    Column("status", Integer, primary_key=True),
    Column("calls", counter, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("looked", counter, nullable=False, server_default="0"),
    Index("ix_usage_consumer", "consumer", "day"),
)
usage_seen = Table(
    "usage_seen",
    metadata,
    Column("contract", String(63), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("consumer", String(63), primary_key=True),
    Column("version", String(30), primary_key=True),
    Column("operation", String(400), primary_key=True),
    Column("coordinate", String(32), primary_key=True),
    Column("place", String(200), nullable=False),
    Column("path", String(300), nullable=False),
    Column("value", String(1300), nullable=True),
    Column("calls", counter, nullable=False),
)
"""What calls showed of their contracts; `coordinate` is a digest of place, path and value."""
last_calls = Table(
    "last_calls",
    metadata,
    Column("consumer", String(63), primary_key=True),
    Column("contract", String(63), primary_key=True),
    Column("major", Integer, primary_key=True, autoincrement=False),
    Column("last_seen", Moment, nullable=False, index=True),
    Index("ix_last_calls_consumer", "consumer", "last_seen"),
    Index("ix_last_calls_contract", "contract", "major", "last_seen"),
)
"""What `usage` says about the last calls that were not refused, without reading all of it."""
drift = Table(
    "drift",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("contract", String(63), nullable=False, index=True),
    Column("version", String(30), nullable=False),
    Column("operation", String(400), nullable=False),
    Column("upstream", String(300), nullable=False),
    Column("status", Integer, nullable=False),
    Column("count", counter, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("errors", JSON, nullable=False),
)
