"""What can be found, compared and drawn of the versions in force; all of it can be made again from them."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from registry.storage.tables.base import metadata

FULL_TEXT = "catalog_words"
"""The full-text index, keyed by the entry: an FTS5 table on SQLite, a `tsvector` column on PostgreSQL.

It has no `Table`: what it is differs by database, and `registry.storage.full_text` alone speaks to it."""

catalog_entries = Table(
    "catalog_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("contract", String(63), ForeignKey("contracts.name"), nullable=False),
    Column("major", Integer, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("patch", Integer, nullable=False),
    Index("uq_catalog_entries_contract", "contract", "major", unique=True),
)
catalog_items = Table(
    "catalog_items",
    metadata,
    Column("entry", Integer, ForeignKey("catalog_entries.id"), primary_key=True, autoincrement=False),
    Column("items", JSON, nullable=False),
)
catalog_operations = Table(
    "catalog_operations",
    metadata,
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("operation_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", String(20), nullable=False),
    Column("entity", String(200), nullable=False),
    Column("words", JSON, nullable=False),
    Column("fields", JSON, nullable=False),
    Index("ix_catalog_operations_entity", "entity", "action"),
)
catalog_links = Table(
    "catalog_links",
    metadata,
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("source", String(500), primary_key=True),
    Column("target", String(500), primary_key=True),
    Index("ix_catalog_links_target", "target"),
)
