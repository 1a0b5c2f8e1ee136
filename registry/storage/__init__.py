"""The registry's store: SQLAlchemy on SQLite or PostgreSQL, its schema moved by Alembic."""
