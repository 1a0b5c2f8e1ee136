"""Schemas under subjects. Rows are never deleted: a deletion is a state, so that no id or number returns."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

schema_texts = Table(
    "schema_texts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("schema_type", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("references", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)
schema_references = Table(
    "schema_references",
    metadata,
    Column("schema_id", Integer, ForeignKey("schema_texts.id"), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("version", Integer, primary_key=True),
    Index("ix_schema_references_subject_version", "subject", "version"),
)
subjects = Table(
    "subjects",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("owner", String(63), nullable=True),
    Column("epoch", counter, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("audience", String(200), nullable=False),
)
subject_versions = Table(
    "subject_versions",
    metadata,
    Column("subject", String(255), ForeignKey("subjects.name"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("schema_id", Integer, ForeignKey("schema_texts.id"), nullable=False, index=True),
    Column("deletion", String(4), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
)
schema_settings = Table(
    "schema_settings",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("compatibility", String(20), nullable=True),
    Column("policy", String(10), nullable=True),
    Column("mode", String(20), nullable=True),
)
