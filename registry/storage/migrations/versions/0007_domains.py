"""Domains with the four attributes of the target architecture, and calls found by who calls.

The table of domains in the target architecture names two domains whole or in part. What it says of the others
is not known, so it is not said here.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the domains, describes those that are known, and adds the index."""
    domains = op.create_table(
        "domains",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("system_role", sa.Text(), nullable=True),
        sa.Column("integration_responsibility", sa.Text(), nullable=True),
        sa.Column("governance_focus", sa.Text(), nullable=True),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_domains"),
    )
    commercial = {
        "name": "commercial",
        "title": "CRM and CPQ",
        "system_role": "Opportunity, quote, pricing, approvals",
        "integration_responsibility": "Publish approved commercial structures and amendments",
        "governance_focus": "Field standards, version control, API contract discipline",
        "epoch": 1,
    }
    delivery = {
        "name": "delivery",
        "title": "PSA or delivery platform",
        "system_role": "Project setup, staffing, milestones, time and expense",
        "integration_responsibility": None,
        "governance_focus": None,
        "epoch": 1,
    }
    op.bulk_insert(domains, [commercial, delivery])
    op.create_index("ix_usage_consumer", "usage", ["consumer", "day"])
