"""The compatibility policy of each contract, judgements that are kept, and the ids of canonical schemas.

Revision ID: 0011
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Every contract keeps the policy that all of them had."""
    policy = sa.Column("compatibility", sa.String(length=30), nullable=False, server_default="backward")
    op.add_column("contracts", policy)
    op.create_table(
        "reports",
        sa.Column("before_sha256", sa.String(length=64), nullable=False),
        sa.Column("after_sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("options", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("before_sha256", "after_sha256", "engine", "options", name="pk_reports"),
    )
    op.create_index("ix_reports_kept_at", "reports", ["kept_at"])
    op.create_table(
        "schema_ids",
        sa.Column("id", sa.String(length=500), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schema_ids"),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_schema_ids_contract_contracts"),
    )
    op.create_index("uq_schema_ids_contract", "schema_ids", ["contract", "major"], unique=True)
