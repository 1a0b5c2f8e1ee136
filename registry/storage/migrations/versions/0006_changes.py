"""Change requests, the teams they concern and what happened to them.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_LIVE = sa.text("state IN ('open', 'approved')")


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "changes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("author_team", sa.String(length=63), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("implemented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_changes_contract_contracts"),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
    )
    op.create_index("ix_changes_contract", "changes", ["contract", "state"])
    op.create_index(
        "uq_changes_live",
        "changes",
        ["contract", "digest"],
        unique=True,
        sqlite_where=IS_LIVE,
        postgresql_where=IS_LIVE,
    )
    op.create_table(
        "change_teams",
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.Column("team", sa.String(length=63), nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_teams_change_id_changes"),
        sa.PrimaryKeyConstraint("change_id", "team", name="pk_change_teams"),
    )
    op.create_index("ix_change_teams_team", "change_teams", ["team"])
    op.create_table(
        "change_entries",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("change_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=63), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["change_id"], ["changes.id"], name="fk_change_entries_change_id_changes"),
        sa.PrimaryKeyConstraint("id", name="pk_change_entries"),
    )
    op.create_index("ix_change_entries_change_id", "change_entries", ["change_id"])
