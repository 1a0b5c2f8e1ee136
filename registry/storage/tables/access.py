"""Grants of roles, secrets of clients, and sign-ins that a provider has not answered yet."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

grants = Table(
    "grants",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subject_kind", String(20), nullable=False),
    Column("subject", String(120), nullable=False),
    Column("role", String(20), nullable=False),
    Column("domain", String(80), nullable=True),
    Column("contract", String(255), nullable=True),
    Column("environment", String(63), nullable=True),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(120), nullable=False),
    Column("expires_at", Moment, nullable=True),
    Column("epoch", counter, nullable=False),
    Index("ix_grants_subject", "subject_kind", "subject"),
)
client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("client_id", String(120), ForeignKey("clients.client_id"), nullable=False, index=True),
    Column("secret_hash", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=True),
    Column("last_used_at", Moment, nullable=True),
    Column("withdrawn_at", Moment, nullable=True),
)
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("state_hash", String(100), primary_key=True),
    Column("nonce", String(100), nullable=False),
    Column("verifier", String(200), nullable=False),
    Column("wanted", Text, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
"""``state_hash`` is of the state and of the cookie of the browser that began: only that one goes on."""
