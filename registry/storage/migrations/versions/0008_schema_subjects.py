"""Adds schemas under subjects, as clients of schema registries know them.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Five tables, empty."""
    op.create_table(
        "schema_texts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("schema_type", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("references", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schema_texts"),
        sa.UniqueConstraint("digest", name="uq_schema_texts_digest"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "schema_references",
        sa.Column("schema_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("schema_id", "subject", "version", name="pk_schema_references"),
        sa.ForeignKeyConstraint(
            ["schema_id"], ["schema_texts.id"], name="fk_schema_references_schema_id_schema_texts"
        ),
    )
    op.create_index("ix_schema_references_subject_version", "schema_references", ["subject", "version"])
    op.create_table(
        "subjects",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(63), nullable=True),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_subjects"),
    )
    op.create_table(
        "subject_versions",
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("schema_id", sa.Integer(), nullable=False),
        sa.Column("deletion", sa.String(4), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "version", name="pk_subject_versions"),
        sa.ForeignKeyConstraint(["subject"], ["subjects.name"], name="fk_subject_versions_subject_subjects"),
        sa.ForeignKeyConstraint(
            ["schema_id"], ["schema_texts.id"], name="fk_subject_versions_schema_id_schema_texts"
        ),
    )
    op.create_index("ix_subject_versions_schema_id", "subject_versions", ["schema_id"])
    op.create_index("ix_subject_versions_deletion", "subject_versions", ["deletion"])
    op.create_table(
        "schema_settings",
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("compatibility", sa.String(20), nullable=True),
        sa.Column("policy", sa.String(10), nullable=True),
        sa.Column("mode", sa.String(20), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_schema_settings"),
    )
