"""Contracts and versions."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from registry.storage.tables.base import Moment, counter, metadata

contracts = Table(
    "contracts",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("api_id", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("title", Text, nullable=False),
    Column("layer", String(20), nullable=False),
    Column("domain", String(80), nullable=False),
    Column("owner", String(63), ForeignKey("teams.name"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("epoch", counter, nullable=False),
    Column("compatibility", String(30), nullable=False, server_default="backward"),
)
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
versions = Table(
    "versions",
    metadata,
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("minor", Integer, primary_key=True),
    Column("patch", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("canonical_sha256", String(64), nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("owner", String(63), nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String(120), nullable=False),
    Column("on_behalf_of", String(63), nullable=True),
    Column("problems", JSON, nullable=False),
    Column("report", JSON(none_as_null=True), nullable=True),
    Column("attestation", JSON(none_as_null=True), nullable=True),
)
version_documents = Table(
    "version_documents",
    metadata,
    Column("contract", String(63), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("minor", Integer, primary_key=True),
    Column("patch", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("sha256", String(64), ForeignKey("blobs.sha256"), nullable=False, index=True),
    ForeignKeyConstraint(
        ["contract", "major", "minor", "patch"],
        ["versions.contract", "versions.major", "versions.minor", "versions.patch"],
    ),
)
version_operations = Table(
    "version_operations",
    metadata,
    Column("contract", String(63), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("minor", Integer, primary_key=True),
    Column("patch", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("operation_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(
        ["contract", "major", "minor", "patch"],
        ["versions.contract", "versions.major", "versions.minor", "versions.patch"],
    ),
)
lifecycles = Table(
    "lifecycles",
    metadata,
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("deprecated_at", Moment, nullable=True),
    Column("sunset_at", Moment, nullable=True),
    Column("successor", String(30), nullable=True),
)
