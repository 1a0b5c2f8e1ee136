"""Domains that are described; contracts may name others."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

from registry.storage.tables.base import counter, metadata

domains = Table(
    "domains",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("title", Text, nullable=True),
    Column("system_role", Text, nullable=True),
    Column("integration_responsibility", Text, nullable=True),
    Column("governance_focus", Text, nullable=True),
    Column("epoch", counter, nullable=False),
)
