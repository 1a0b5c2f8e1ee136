"""Mappings, rulesets and documents of vendors; bindings and exceptions of rules.

Revision ID: 0012
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "artifacts",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("vendor", sa.String(length=200), nullable=True),
        sa.Column("product", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["teams.name"], name="fk_artifacts_owner_teams"),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_artifacts"),
    )
    op.create_table(
        "artifact_versions",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("uri", sa.String(length=500), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", sa.String(length=120), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=63), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_artifact_versions_sha256_blobs"),
        sa.ForeignKeyConstraint(
            ["kind", "name"], ["artifacts.kind", "artifacts.name"], name="fk_artifact_versions_kind_artifacts"
        ),
        sa.PrimaryKeyConstraint("kind", "name", "position", name="pk_artifact_versions"),
    )
    columns = ["kind", "name", "version"]
    op.create_index("uq_artifact_versions_version", "artifact_versions", columns, unique=True)
    op.create_table(
        "ruleset_bindings",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("ruleset", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=60), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("bound_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", name="pk_ruleset_bindings"),
    )
    op.create_table(
        "rule_exceptions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["teams.name"], name="fk_rule_exceptions_owner_teams"),
        sa.PrimaryKeyConstraint("id", name="pk_rule_exceptions"),
    )
    op.create_index("ix_rule_exceptions_contract", "rule_exceptions", ["contract"])
