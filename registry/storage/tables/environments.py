"""Deployments, test evidence and freezes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

deployments = Table(
    "deployments",
    metadata,
    Column("environment", String(63), primary_key=True),
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("minor", Integer, nullable=False),
    Column("patch", Integer, nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("change_id", String(40), nullable=True),
    Column("undone_at", Moment, nullable=True),
)
test_evidence = Table(
    "test_evidence",
    metadata,
    Column("id", counter, primary_key=True, autoincrement=True),
    Column("contract", String(63), ForeignKey("contracts.name"), nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("suite", String(100), nullable=False),
    Column("run", String(200), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("url", Text, nullable=True),
    Index("uq_test_evidence_run", "contract", "bundle_sha256", "suite", "run", unique=True),
)
freezes = Table(
    "freezes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("environment", String(63), nullable=True),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("lifted_at", Moment, nullable=True),
)
