"""People who sign in, and their sessions."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from registry.storage.tables.base import Moment, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("title", Text, nullable=False),
    Column("team", String(63), ForeignKey("teams.name"), nullable=True),
    Column("password_hash", String(300), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("withdrawn_at", Moment, nullable=True),
)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(100), primary_key=True),
    Column("account", String(63), ForeignKey("accounts.name"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
