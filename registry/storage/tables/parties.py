"""Teams, consumers, their clients and subscriptions."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from registry.storage.tables.base import Moment, metadata

teams = Table(
    "teams",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("title", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)
consumers = Table(
    "consumers",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("owner", String(63), ForeignKey("teams.name"), nullable=False),
    Column("layer", String(20), nullable=False),
    Column("requests_per_second", Float, nullable=False),
    Column("burst", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)
clients = Table(
    "clients",
    metadata,
    Column("client_id", String(120), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("party", String(63), nullable=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("withdrawn_at", Moment, nullable=True),
    Index("ix_clients_party", "kind", "party"),
)
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("consumer", String(63), ForeignKey("consumers.name"), nullable=False),
    Column("contract", String(63), ForeignKey("contracts.name"), nullable=False),
    Column("major", Integer, nullable=False),
    Column("operations", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_subscriptions_consumer", "consumer", "contract", "major", unique=True),
    Index("ix_subscriptions_contract", "contract", "major"),
)
