"""Which major version of which canonical schema has which ``$id``, for ever."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from registry.storage.tables.base import metadata

schema_ids = Table(
    "schema_ids",
    metadata,
    Column("id", String(500), primary_key=True),
    Column("contract", String(63), ForeignKey("contracts.name"), nullable=False),
    Column("major", Integer, nullable=False),
    Index("uq_schema_ids_contract", "contract", "major", unique=True),
)
