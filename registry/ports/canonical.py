"""Where it is known which canonical schema has which ``$id``, and who refers to it."""

from __future__ import annotations

from typing import Protocol

from registry.model.canonical import Referrer, SchemaHolder, SchemaLink


class CanonicalSchemas(Protocol):
    """Absolute ``$id``s, each of one major version of one contract for ever; and references in and out."""

    def holder(self, schema_id: str) -> SchemaHolder | None: ...
    def id_of(self, contract: str, major: int) -> str | None: ...
    def claim(self, schema_id: str, contract: str, major: int) -> None:
        """Gives the ``$id`` to the major version; it is known to be free or theirs."""

    def referrers(self, schema_id: str, count: int) -> list[Referrer]:
        """Versions in force that hold the schema, by name; the schema's own are left out."""

    def references(self, contract: str, major: int, count: int) -> list[SchemaLink]:
        """What the version in force of a major version refers to, directly or through others."""
