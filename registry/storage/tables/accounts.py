"""People who sign in, and their sessions."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text

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
    Column("is_admin", Boolean, nullable=False),
    Column("issuer", Text, nullable=True),
    Column("subject", Text, nullable=True),
    Column("roles", JSON, nullable=False),
    Index("uq_accounts_issuer", "issuer", "subject", unique=True),
)
"""``issuer`` and ``subject`` are of people whom a provider vouches for; ``roles`` is what it last said."""
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(100), primary_key=True),
    Column("account", String(63), ForeignKey("accounts.name"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
