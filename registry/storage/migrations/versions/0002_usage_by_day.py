"""Finds old usage without reading all of it.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index on the day of usage."""
    op.create_index("ix_usage_day", "usage", ["day"])
