"""Webhooks, events and deliveries."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, text

from registry.storage.tables.base import Moment, counter, metadata

IS_PENDING = text("state = 'pending'")

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("owner", String(63), ForeignKey("teams.name"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("types", JSON, nullable=False),
    Column("contracts", JSON, nullable=False),
    Column("domains", JSON, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("epoch", counter, nullable=False),
    Column("failing_since", Moment, nullable=True),
    Column("failures", Integer, nullable=False),
    Column("disabled_at", Moment, nullable=True),
    Column("disabled_reason", Text, nullable=True),
)
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", String(40), ForeignKey("webhooks.id"), nullable=False, index=True),
    Column("key_id", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
)
webhook_keys = Table(
    "webhook_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("key_hex", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("type", String(40), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("body", Text, nullable=False),
)
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("event_id", String(40), ForeignKey("webhook_events.id"), nullable=False, index=True),
    Column("webhook_id", String(40), ForeignKey("webhooks.id"), nullable=False),
    Column("type", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=True),
    Column("leased_by", String(40), nullable=True),
    Column("leased_until", Moment, nullable=True),
    Column("finished_at", Moment, nullable=True, index=True),
    Index("ix_webhook_deliveries_webhook", "webhook_id", "id"),
    Index(
        "ix_webhook_deliveries_pending",
        "webhook_id",
        "next_at",
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    ),
)
webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("delivery_id", String(40), ForeignKey("webhook_deliveries.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("status", Integer, nullable=True),
    Column("latency_ms", Integer, nullable=False),
    Column("error", Text, nullable=True),
    Column("excerpt", Text, nullable=False),
)
