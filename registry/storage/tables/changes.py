"""Change requests and what happened to them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    text,
)

from registry.storage.tables.base import Moment, counter, metadata

IS_LIVE = text("state IN ('open', 'approved')")

changes = Table(
    "changes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("contract", String(63), ForeignKey("contracts.name"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("author_team", String(63), nullable=True),
    Column("opened_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("approved_at", Moment, nullable=True),
    Column("implemented_at", Moment, nullable=True),
    Column("digest", String(64), nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("epoch", counter, nullable=False),
    Column("content", JSON, nullable=False),
    Index("ix_changes_contract", "contract", "state"),
    # The same change is asked for once at a time.
    Index(
        "uq_changes_live", "contract", "digest", unique=True, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE
    ),
)
change_teams = Table(
    "change_teams",
    metadata,
    Column("change_id", String(40), ForeignKey("changes.id"), primary_key=True),
    Column("team", String(63), primary_key=True, index=True),
)
change_entries = Table(
    "change_entries",
    metadata,
    Column("id", counter, primary_key=True, autoincrement=True),
    Column("change_id", String(40), ForeignKey("changes.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("team", String(63), nullable=True),
    Column("digest", String(64), nullable=False),
    Column("text", Text, nullable=True),
)
