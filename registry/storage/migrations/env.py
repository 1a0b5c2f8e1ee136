"""Runs the migrations on the connection handed over in the configuration's attributes; never on its own."""

from __future__ import annotations

from alembic import context

from registry.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
