"""Webhooks with their events and deliveries; plans to end a major version.

Revision ID: 0013
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
IS_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Creates the tables."""
    create_webhooks()
    create_deliveries()
    create_plans()


def create_webhooks() -> None:
    """Whom events are sent to, and what they are signed with."""
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("contracts", sa.JSON(), nullable=False),
        sa.Column("domains", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["teams.name"], name="fk_webhooks_owner_teams"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_owner", "webhooks", ["owner"])
    op.create_index("ix_webhooks_state", "webhooks", ["state"])
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_webhook_secrets_webhook_id_webhooks"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_secrets"),
    )
    op.create_index("ix_webhook_secrets_webhook_id", "webhook_secrets", ["webhook_id"])
    op.create_table(
        "webhook_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("key_hex", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_keys"),
    )


def create_deliveries() -> None:
    """What is on its way, and how it went."""
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_events"),
    )
    op.create_index("ix_webhook_events_at", "webhook_events", ["at"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("webhook_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("leased_by", sa.String(length=40), nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["webhook_events.id"], name="fk_webhook_deliveries_event_id_webhook_events"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name="fk_webhook_deliveries_webhook_id_webhooks"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_event_id", "webhook_deliveries", ["event_id"])
    op.create_index("ix_webhook_deliveries_finished_at", "webhook_deliveries", ["finished_at"])
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "id"])
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["webhook_id", "next_at"],
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name="fk_webhook_attempts_delivery_id_webhook_deliveries",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempts"),
    )


def create_plans() -> None:
    """How a major version ends, and who has seen it."""
    op.create_table(
        "deprecation_plans",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("deprecate_at", MOMENT, nullable=False),
        sa.Column("sunset_at", MOMENT, nullable=False),
        sa.Column("successor", sa.String(length=30), nullable=True),
        sa.Column("guide", sa.Text(), nullable=True),
        sa.Column("milestones", sa.JSON(), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("announced_by", sa.String(length=120), nullable=False),
        sa.Column("next_notice_at", MOMENT, nullable=True),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.ForeignKeyConstraint(
            ["contract"], ["contracts.name"], name="fk_deprecation_plans_contract_contracts"
        ),
        sa.PrimaryKeyConstraint("contract", "major", name="pk_deprecation_plans"),
    )
    op.create_index("ix_deprecation_plans_next_notice_at", "deprecation_plans", ["next_notice_at"])
    op.create_table(
        "plan_acknowledgements",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("consumer", sa.String(length=63), nullable=False),
        sa.Column("team", sa.String(length=63), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("moves_by", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["contract", "major"],
            ["deprecation_plans.contract", "deprecation_plans.major"],
            name="fk_plan_acknowledgements_contract_deprecation_plans",
        ),
        sa.PrimaryKeyConstraint("contract", "major", "consumer", name="pk_plan_acknowledgements"),
    )
