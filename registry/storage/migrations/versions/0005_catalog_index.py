"""What can be found, compared and drawn of the versions in force.

Versions published before are indexed by `pactolus registry reindex`, since reading them takes the contract
engine and, for thousands of contracts, minutes.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the entries, their items, operations and references, and the full-text index."""
    op.create_table(
        "catalog_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("patch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract"], ["contracts.name"], name="fk_catalog_entries_contract_contracts"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_entries"),
    )
    op.create_index("uq_catalog_entries_contract", "catalog_entries", ["contract", "major"], unique=True)
    op.create_table(
        "catalog_items",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry"], ["catalog_entries.id"], name="fk_catalog_items_entry_catalog_entries"
        ),
        sa.PrimaryKeyConstraint("entry", name="pk_catalog_items"),
    )
    create_comparisons()
    create_words()


def create_comparisons() -> None:
    """Operations as they are compared, and which document refers to which."""
    op.create_table(
        "catalog_operations",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=200), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract"], ["contracts.name"], name="fk_catalog_operations_contract_contracts"
        ),
        sa.PrimaryKeyConstraint("contract", "major", "position", name="pk_catalog_operations"),
    )
    op.create_index("ix_catalog_operations_entity", "catalog_operations", ["entity", "action"])
    op.create_table(
        "catalog_links",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_catalog_links_contract_contracts"),
        sa.PrimaryKeyConstraint("contract", "major", "source", "target", name="pk_catalog_links"),
    )
    op.create_index("ix_catalog_links_target", "catalog_links", ["target"])


def create_words() -> None:
    """The full-text index in the database's own way; the words are ASCII letters and digits on both."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE catalog_words USING fts5("
            "contract, operation, schema, field, prefix='2 3', tokenize='ascii')"
        )
        return
    op.execute(
        "CREATE TABLE catalog_words (entry INTEGER NOT NULL CONSTRAINT pk_catalog_words PRIMARY KEY "
        "CONSTRAINT fk_catalog_words_entry_catalog_entries REFERENCES catalog_entries (id), "
        "head tsvector NOT NULL, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_catalog_words_head ON catalog_words USING gin (head)")
    op.execute("CREATE INDEX ix_catalog_words_words ON catalog_words USING gin (words)")
