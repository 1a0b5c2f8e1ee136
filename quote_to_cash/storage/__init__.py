"""SQLAlchemy storage shared by the services: the database door and the idempotency records."""
