"""Lets gateways that have a client already go on loading the snapshot, which now has a scope of its own.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CLIENTS = sa.table("clients", sa.column("client_id", sa.String), sa.column("scopes", sa.JSON))


def upgrade() -> None:
    """Grants `registry:snapshot` to the clients that report traffic, as gateways alone do."""
    connection = op.get_bind()
    for client_id, scopes in connection.execute(sa.select(CLIENTS.c.client_id, CLIENTS.c.scopes)).all():
        if "registry:usage" in scopes:
            granted = sorted({*scopes, "registry:snapshot"})
            statement = sa.update(CLIENTS).where(CLIENTS.c.client_id == client_id)
            connection.execute(statement.values(scopes=granted))
