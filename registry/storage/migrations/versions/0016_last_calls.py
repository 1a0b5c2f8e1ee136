"""The last call of each consumer to each major version, so that upkeep need not read all usage.

Revision ID: 0016
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0010"
branch_labels = None
depends_on = None

REFUSED = "(401, 403, 405, 410, 413, 415, 429)"
"""As they were when this revision was made: calls that say nothing about use."""


def upgrade() -> None:
    """Creates the table and fills it from the usage there is."""
    op.create_table(
        "last_calls",
        sa.Column("consumer", sa.String(length=63), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "contract", "major", name="pk_last_calls"),
    )
    op.create_index("ix_last_calls_consumer", "last_calls", ["consumer", "last_seen"])
    op.create_index("ix_last_calls_contract", "last_calls", ["contract", "major", "last_seen"])
    op.create_index("ix_last_calls_last_seen", "last_calls", ["last_seen"])
    major = (
        "CAST(substr(version, 1, instr(version, '.') - 1) AS INTEGER)"
        if op.get_bind().dialect.name == "sqlite"
        else "CAST(split_part(version, '.', 1) AS INTEGER)"
    )
    op.execute(
        "INSERT INTO last_calls (consumer, contract, major, last_seen) "  # noqa: S608 - both parts stand above
        f"SELECT consumer, contract, {major}, max(last_seen) FROM usage WHERE status NOT IN {REFUSED} "
        f"GROUP BY consumer, contract, {major}"
    )
