"""The audit log: its entries, the tree over them, how far it reaches, and the keys that vouch."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

audit_log = Table(
    "audit_log",
    metadata,
    Column("position", counter, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False, index=True),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("raw", Text, nullable=False),
    Column("leaf_hash", String(64), nullable=False),
    Index("ix_audit_log_actor", "actor", "position"),
    Index("ix_audit_log_action", "action", "position"),
    Index("ix_audit_log_subject", "subject", "position"),
)
"""``raw`` is what is hashed; the columns before it are for searching, and prove nothing."""
audit_contracts = Table(
    "audit_contracts",
    metadata,
    Column("position", counter, primary_key=True, autoincrement=False),
    Column("contract", String(63), nullable=False),
    Index("ix_audit_contracts_contract", "contract", "position"),
)
"""The contract that an entry is about, for readers who may not see all of them."""
audit_nodes = Table(
    "audit_nodes",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", counter, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
)
"""Roots of complete subtrees of two entries and more; level 0 is `audit_log.leaf_hash`."""
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", String(120), nullable=False),
    Column("size", counter, nullable=False),
    Column("frontier", JSON, nullable=False),
    Column("last_hash", String(64), nullable=False),
)
"""One row; who appends holds its lock until its transaction ends, so that there is one order."""
vouching_keys = Table(
    "vouching_keys",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("purpose", String(20), nullable=False),
    Column("seed", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
)
