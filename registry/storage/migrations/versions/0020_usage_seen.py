"""What calls showed of their contracts, and how many of them were wholly looked at.

Revision ID: 0020
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0014"
branch_labels = None
depends_on = None
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Adds the count and creates the table; of calls counted before, nothing was looked at."""
    op.add_column("usage", sa.Column("looked", COUNTER, nullable=False, server_default="0"))
    op.create_table(
        "usage_seen",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("consumer", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=30), nullable=False),
        sa.Column("operation", sa.String(length=400), nullable=False),
        sa.Column("coordinate", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("value", sa.String(length=1300), nullable=True),
        sa.Column("calls", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint(
            "contract", "day", "consumer", "version", "operation", "coordinate", name="pk_usage_seen"
        ),
    )
    op.create_index("ix_usage_seen_day", "usage_seen", ["day"])
