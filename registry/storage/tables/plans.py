"""Plans to end a major version."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, Text

from registry.storage.tables.base import Moment, counter, metadata

deprecation_plans = Table(
    "deprecation_plans",
    metadata,
    Column("contract", String(63), ForeignKey("contracts.name"), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("deprecate_at", Moment, nullable=False),
    Column("sunset_at", Moment, nullable=False),
    Column("successor", String(30), nullable=True),
    Column("guide", Text, nullable=True),
    Column("milestones", JSON, nullable=False),
    Column("announced_at", Moment, nullable=False),
    Column("announced_by", String(120), nullable=False),
    Column("next_notice_at", Moment, nullable=True, index=True),
    Column("epoch", counter, nullable=False),
)
plan_acknowledgements = Table(
    "plan_acknowledgements",
    metadata,
    Column("contract", String(63), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("consumer", String(63), primary_key=True),
    Column("team", String(63), nullable=False),
    Column("at", Moment, nullable=False),
    Column("client_id", String(120), nullable=False),
    Column("text", Text, nullable=True),
    Column("moves_by", Moment, nullable=True),
    ForeignKeyConstraint(["contract", "major"], ["deprecation_plans.contract", "deprecation_plans.major"]),
)
