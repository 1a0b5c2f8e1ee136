"""Keys that sign access tokens, and revoked tokens."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(100), primary_key=True),
    Column("private_pem", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("jti", String(200), primary_key=True),
    Column("exp", counter, nullable=False, index=True),
    Column("revoked_at", Moment, nullable=False),
)
