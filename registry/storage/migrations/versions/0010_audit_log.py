"""The audit becomes a log that shows tampering, and published versions are signed.

What the audit held is taken into the log in its order, and what was published before is signed.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from registry.audit.entries import NOTHING_BEFORE
from registry.model import (
    AuditEntry,
    AuditOutcome,
    Contract,
    DocumentReference,
    KeyPurpose,
    SemanticVersion,
    Version,
    VouchingKey,
)
from registry.storage.audit import SqlAuditLog
from registry.storage.tables import Moment
from registry.vouching import attestation_of, new_key, new_origin

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ENTRIES_AT_ONCE = 1_000


def upgrade() -> None:
    """Makes the log and the keys, moves the entries, signs the versions."""
    create_tables()
    connection = op.get_bind()
    head = sa.table(
        "audit_head",
        sa.column("id"),
        sa.column("origin"),
        sa.column("size"),
        sa.column("frontier", sa.JSON),
        sa.column("last_hash"),
    )
    first = {"id": 1, "origin": new_origin(), "size": 0, "frontier": [], "last_hash": NOTHING_BEFORE}
    connection.execute(sa.insert(head).values(first))
    log = SqlAuditLog(connection, names_contracts=False)
    take_entries(connection, log)
    op.drop_table("audit")
    initialised = connection.execute(sa.text("SELECT count(*) FROM signing_keys")).scalar_one()
    if initialised:
        grant_audit(connection)
        now = datetime.now(UTC)
        for purpose in KeyPurpose:
            log.add_key(new_key(purpose, now))
        sign_versions(connection, log.keys(KeyPurpose.CONTRACTS))


def create_tables() -> None:
    """The log's four tables and the place for signatures."""
    op.create_table(
        "audit_log",
        sa.Column("position", COUNTER, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("leaf_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    for column in ("actor", "action", "subject"):
        op.create_index(f"ix_audit_log_{column}", "audit_log", [column, "position"])
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", COUNTER, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name="pk_audit_nodes"),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("size", COUNTER, nullable=False),
        sa.Column("frontier", sa.JSON(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "vouching_keys",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_vouching_keys"),
    )
    op.add_column("versions", sa.Column("attestation", sa.JSON(none_as_null=True), nullable=True))


def take_entries(connection: sa.Connection, log: SqlAuditLog) -> None:
    """Appends the rows of the audit in their order."""
    audit = sa.table(
        "audit",
        *(sa.column(name) for name in ("id", "actor", "on_behalf_of", "action", "subject", "request_id")),
        sa.column("at", Moment()),
        sa.column("detail", sa.JSON),
    )
    last = -1
    while True:
        query = sa.select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(ENTRIES_AT_ONCE)
        rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            outcome = AuditOutcome.DENIED if row.action.endswith("refused") else AuditOutcome.DONE
            log.append(
                AuditEntry(
                    row.at,
                    row.actor,
                    row.action,
                    row.subject,
                    row.request_id,
                    row.on_behalf_of,
                    row.detail,
                    outcome=outcome,
                )
            )
        log.write_pending()
        last = rows[-1].id


def grant_audit(connection: sa.Connection) -> None:
    """Lets the administrator read the log."""
    clients = sa.table(
        "clients", *(sa.column(name) for name in ("client_id", "kind")), sa.column("scopes", sa.JSON)
    )
    for row in connection.execute(sa.select(clients).where(clients.c.kind == "admin")).all():
        granted = sorted({*row.scopes, "registry:audit"})
        connection.execute(
            sa.update(clients).where(clients.c.client_id == row.client_id).values(scopes=granted)
        )


def sign_versions(connection: sa.Connection, keys: list[VouchingKey]) -> None:
    """Signs each version over the documents that it was published with."""
    versions = sa.table(
        "versions",
        *(sa.column(name) for name in ("contract", "major", "minor", "patch", "owner", "published_by")),
        sa.column("bundle_sha256"),
        sa.column("published_at", Moment()),
        sa.column("attestation", sa.JSON),
    )
    contracts = sa.table("contracts", sa.column("name"), sa.column("kind"), sa.column("layer"))
    documents = sa.table(
        "version_documents",
        *(sa.column(name) for name in ("contract", "major", "minor", "patch", "position", "uri", "sha256")),
    )
    number = ("contract", "major", "minor", "patch")
    query = sa.select(versions, contracts.c.kind, contracts.c.layer).join(
        contracts, contracts.c.name == versions.c.contract
    )
    for row in connection.execute(query).all():
        same = [documents.c[name] == getattr(row, name) for name in number]
        found = connection.execute(sa.select(documents).where(*same).order_by(documents.c.position))
        parts = [DocumentReference(part.uri, part.sha256) for part in found]
        identity = Contract(row.contract, "", row.kind, "", row.layer, "", row.owner, "")
        version = Version(
            contract=row.contract,
            number=SemanticVersion(row.major, row.minor, row.patch),
            sha256=parts[0].sha256,
            canonical_sha256="",
            bundle_sha256=row.bundle_sha256,
            owner=row.owner,
            published_at=row.published_at,
            published_by=row.published_by,
            on_behalf_of=None,
            document=parts[0],
            references=tuple(parts[1:]),
        )
        place = [versions.c[name] == getattr(row, name) for name in number]
        envelope = attestation_of(identity, version, keys)
        connection.execute(sa.update(versions).where(*place).values(attestation=envelope))
