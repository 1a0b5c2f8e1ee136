"""Deployments, test evidence and freezes.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "deployments",
        sa.Column("environment", sa.String(length=63), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("patch", sa.Integer(), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=True),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_deployments_contract_contracts"),
        sa.PrimaryKeyConstraint("environment", "contract", "major", "position", name="pk_deployments"),
    )
    op.create_table(
        "test_evidence",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("suite", sa.String(length=100), nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_test_evidence_contract_contracts"),
        sa.PrimaryKeyConstraint("id", name="pk_test_evidence"),
    )
    columns = ["contract", "bundle_sha256", "suite", "run"]
    op.create_index("uq_test_evidence_run", "test_evidence", columns, unique=True)
    op.create_table(
        "freezes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("environment", sa.String(length=63), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_freezes"),
    )
    op.create_index("ix_freezes_ends_at", "freezes", ["ends_at"])
