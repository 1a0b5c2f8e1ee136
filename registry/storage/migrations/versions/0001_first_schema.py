"""First schema: teams, consumers, clients, contracts with their versions, traffic, tokens, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates every table, and the one row that counts revisions."""
    op.create_table(
        "audit",
        sa.Column("id", COUNTER, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=63), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_table(
        "batches",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("gateway", sa.String(length=100), nullable=False),
        sa.Column("batch_id", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "gateway", "batch_id", name="pk_batches"),
    )
    op.create_index("ix_batches_received_at", "batches", ["received_at"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("party", sa.String(length=63), nullable=True),
        sa.Column("secret_hash", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name="pk_clients"),
    )
    op.create_index("ix_clients_party", "clients", ["kind", "party"], unique=False)
    op.create_table(
        "drift",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=30), nullable=False),
        sa.Column("operation", sa.String(length=400), nullable=False),
        sa.Column("upstream", sa.String(length=300), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("count", COUNTER, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drift"),
    )
    op.create_index("ix_drift_contract", "drift", ["contract"], unique=False)
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=200), nullable=False),
        sa.Column("exp", COUNTER, nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti", name="pk_revoked_tokens"),
    )
    op.create_index("ix_revoked_tokens_exp", "revoked_tokens", ["exp"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=100), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
    )
    op.create_table(
        "state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_state"),
    )
    op.create_table(
        "teams",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_teams"),
    )
    op.create_table(
        "usage",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("consumer", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=30), nullable=False),
        sa.Column("operation", sa.String(length=400), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("calls", COUNTER, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "contract", "day", "consumer", "version", "operation", "status", name="pk_usage"
        ),
    )
    op.create_table(
        "consumers",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("requests_per_second", sa.Float(), nullable=False),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["teams.name"], name="fk_consumers_owner_teams"),
        sa.PrimaryKeyConstraint("name", name="pk_consumers"),
    )
    op.create_table(
        "contracts",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("api_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("layer", sa.String(length=20), nullable=False),
        sa.Column("domain", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["teams.name"], name="fk_contracts_owner_teams"),
        sa.PrimaryKeyConstraint("name", name="pk_contracts"),
        sa.UniqueConstraint("api_id", name="uq_contracts_api_id"),
    )
    op.create_table(
        "lifecycles",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("deprecated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sunset_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_lifecycles_contract_contracts"),
        sa.PrimaryKeyConstraint("contract", "major", name="pk_lifecycles"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer", sa.String(length=63), nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("operations", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consumer"], ["consumers.name"], name="fk_subscriptions_consumer_consumers"),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_subscriptions_contract_contracts"),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_contract", "subscriptions", ["contract", "major"], unique=False)
    op.create_index(
        "uq_subscriptions_consumer", "subscriptions", ["consumer", "contract", "major"], unique=True
    )
    op.create_table(
        "versions",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("patch", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("canonical_sha256", sa.String(length=64), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=63), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=120), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=63), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["contract"], ["contracts.name"], name="fk_versions_contract_contracts"),
        sa.PrimaryKeyConstraint("contract", "major", "minor", "patch", name="pk_versions"),
    )
    op.create_table(
        "version_documents",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("patch", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract", "major", "minor", "patch"],
            ["versions.contract", "versions.major", "versions.minor", "versions.patch"],
            name="fk_version_documents_contract_versions",
        ),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name="fk_version_documents_sha256_blobs"),
        sa.PrimaryKeyConstraint(
            "contract", "major", "minor", "patch", "position", name="pk_version_documents"
        ),
    )
    op.create_table(
        "version_operations",
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("patch", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract", "major", "minor", "patch"],
            ["versions.contract", "versions.major", "versions.minor", "versions.patch"],
            name="fk_version_operations_contract_versions",
        ),
        sa.PrimaryKeyConstraint(
            "contract", "major", "minor", "patch", "position", name="pk_version_operations"
        ),
    )
    op.execute("INSERT INTO state (id, revision) VALUES (1, 0)")
