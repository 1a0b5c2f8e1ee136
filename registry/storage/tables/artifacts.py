"""Mappings, rulesets and documents of vendors; bindings and exceptions of rules."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from registry.storage.tables.base import Moment, metadata

artifacts = Table(
    "artifacts",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("owner", String(63), ForeignKey("teams.name"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("vendor", String(200), nullable=True),
    Column("product", String(200), nullable=True),
)
artifact_versions = Table(
    "artifact_versions",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("version", String(60), nullable=False),
    Column("uri", String(500), nullable=False),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String(120), nullable=False),
    Column("on_behalf_of", String(63), nullable=True),
    Column("detail", JSON, nullable=False),
    Column("withdrawn_at", Moment, nullable=True),
    ForeignKeyConstraint(["kind", "name"], ["artifacts.kind", "artifacts.name"]),
    Index("uq_artifact_versions_version", "kind", "name", "version", unique=True),
)
ruleset_bindings = Table(
    "ruleset_bindings",
    metadata,
    Column("scope", String(20), primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("ruleset", String(63), nullable=False),
    Column("version", String(60), nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("bound_at", Moment, nullable=False),
)
rule_exceptions = Table(
    "rule_exceptions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("rule", String(200), nullable=False),
    Column("contract", String(63), nullable=False, index=True),
    Column("pointer", Text, nullable=False),
    Column("owner", String(63), ForeignKey("teams.name"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("expires", Date, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True),
)
