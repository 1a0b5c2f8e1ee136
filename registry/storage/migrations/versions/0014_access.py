"""Roles are granted, clients have several secrets, subjects an audience, and people may come from a provider.

Who could read the whole audit before is granted the role that lets one; the contract that each entry of the
audit is about is written down beside it.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from registry.audit.entries import contract_named

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ENTRIES_AT_ONCE = 1_000


def upgrade() -> None:
    """Makes the tables, and takes over what was there."""
    create_tables()
    connection = op.get_bind()
    take_secrets(connection)
    op.drop_column("clients", "secret_hash")
    take_accounts(connection)
    op.add_column(
        "subjects",
        sa.Column("audience", sa.String(length=200), nullable=False, server_default="company-internal"),
    )
    op.create_index("ix_version_documents_sha256", "version_documents", ["sha256"])
    keep_auditors(connection)
    name_contracts(connection)


def create_tables() -> None:
    """The new ones."""
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("subject_kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("domain", sa.String(length=80), nullable=True),
        sa.Column("contract", sa.String(length=255), nullable=True),
        sa.Column("environment", sa.String(length=63), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_subject", "grants", ["subject_kind", "subject"])
    op.create_table(
        "client_secrets",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=120), nullable=False),
        sa.Column("secret_hash", sa.String(length=100), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.client_id"], name="fk_client_secrets_client_id_clients"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_client_secrets"),
    )
    op.create_index("ix_client_secrets_client_id", "client_secrets", ["client_id"])
    op.create_table(
        "sign_in_attempts",
        sa.Column("state_hash", sa.String(length=100), nullable=False),
        sa.Column("nonce", sa.String(length=100), nullable=False),
        sa.Column("verifier", sa.String(length=200), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_expires_at", "sign_in_attempts", ["expires_at"])
    op.create_table(
        "audit_contracts",
        sa.Column("position", COUNTER, autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_contracts"),
    )
    op.create_index("ix_audit_contracts_contract", "audit_contracts", ["contract", "position"])


def take_secrets(connection: sa.Connection) -> None:
    """The secret that each client has; its identifier is the client's own."""
    connection.execute(
        sa.text(
            "INSERT INTO client_secrets (id, client_id, secret_hash, created_at) "
            "SELECT 'sec_' || row_number() OVER (ORDER BY client_id), client_id, secret_hash, created_at "
            "FROM clients"
        )
    )


def take_accounts(connection: sa.Connection) -> None:
    """Those without a team are administrators."""
    op.add_column("accounts", sa.Column("is_admin", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("accounts", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("subject", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("roles", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("uq_accounts_issuer", "accounts", ["issuer", "subject"], unique=True)
    accounts = sa.table("accounts", sa.column("team"), sa.column("is_admin", sa.Boolean))
    connection.execute(sa.update(accounts).where(accounts.c.team.is_(None)).values(is_admin=True))


def keep_auditors(connection: sa.Connection) -> None:
    """Clients that may read the audit read all of it, as before."""
    clients = sa.table("clients", sa.column("client_id"), sa.column("kind"), sa.column("scopes", sa.JSON))
    grants = sa.table(
        "grants",
        *(sa.column(name) for name in ("id", "subject_kind", "subject", "role", "created_by", "epoch")),
        sa.column("created_at", MOMENT),
    )
    now = datetime.now(UTC)
    rows = connection.execute(sa.select(clients).where(clients.c.kind != "admin")).all()
    for number, row in enumerate(one for one in rows if "registry:audit" in one.scopes):
        connection.execute(
            sa.insert(grants).values(
                id=f"grt_{int(now.timestamp() * 1000):012x}{number:012x}",
                subject_kind="client",
                subject=row.client_id,
                role="auditor",
                created_at=now,
                created_by="migration",
                epoch=1,
            )
        )


def name_contracts(connection: sa.Connection) -> None:
    """Which contract each entry of the audit is about."""
    log = sa.table("audit_log", sa.column("position"), sa.column("raw"))
    named = sa.table("audit_contracts", sa.column("position"), sa.column("contract"))
    last = -1
    while True:
        query = sa.select(log).where(log.c.position > last).order_by(log.c.position).limit(ENTRIES_AT_ONCE)
        rows = connection.execute(query).all()
        if not rows:
            return
        found = []
        for row in rows:
            entry = json.loads(row.raw)
            contract = contract_named(entry["action"], entry["subject"], entry["detail"])
            if contract is not None:
                found.append({"position": row.position, "contract": contract})
        if found:
            connection.execute(sa.insert(named), found)
        last = rows[-1].position
