"""Schemas under subjects, as clients of schema registries know them: texts, versions, settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

SCHEMA_TYPE = "JSON"
"""The one type that is kept."""


class CompatibilityLevel(StrEnum):
    """What a new version is judged against, and in which direction."""

    NONE = "NONE"
    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"

    @property
    def directions(self) -> tuple[str, ...]:
        """`consumed`: the new schema reads what the old one allowed. `produced`: the reverse."""
        if self is CompatibilityLevel.NONE:
            return ()
        if self.value.startswith("BACKWARD"):
            return ("consumed",)
        return ("produced",) if self.value.startswith("FORWARD") else ("consumed", "produced")

    @property
    def is_transitive(self) -> bool:
        """Judged against every version, not the latest alone."""
        return self.value.endswith("_TRANSITIVE")


class CompatibilityPolicy(StrEnum):
    """`LENIENT`: writers send declared members only, so that an optional one can be added. `STRICT`: any."""

    LENIENT = "LENIENT"
    STRICT = "STRICT"


class SubjectMode(StrEnum):
    """Whether schemas are registered and deleted."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"


class VersionDeletion(StrEnum):
    """How far a version is deleted; its row stays either way, so that its number is never used again."""

    NONE = "none"
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class SchemaReference:
    """What a schema calls ``name`` in a ``$ref`` is that version of that subject."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema as its first author wrote it; ``id`` is global and never changes or returns.

    ``digest`` is the sha256 of type, canonical form (RFC 8785) and references: equal content has one id.
    """

    id: int
    digest: str
    schema_type: str
    text: str
    references: tuple[SchemaReference, ...]

    @property
    def guid(self) -> str:
        """The first 128 bits of the digest, written as a UUID."""
        part = self.digest
        return f"{part[:8]}-{part[8:12]}-{part[12:16]}-{part[16:20]}-{part[20:32]}"


@dataclass(frozen=True, slots=True)
class NewSchema:
    """A schema that was read and found valid, before it has an id."""

    digest: str
    schema_type: str
    text: str
    references: tuple[SchemaReference, ...]


DEFAULT_AUDIENCE = "company-internal"
"""Of a subject whose latest schema names no ``x-audience``."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A name to register schemas under; ``epoch`` counts changes. Without owner it is the administrator's."""

    name: str
    owner: str | None
    epoch: int
    created_at: datetime
    audience: str = DEFAULT_AUDIENCE


@dataclass(frozen=True, slots=True)
class SubjectVersion:
    """One version of a subject."""

    subject: str
    version: int
    schema_id: int
    digest: str
    deletion: VersionDeletion


@dataclass(frozen=True, slots=True)
class SchemaSettings:
    """Of one subject, or of all (subject ``""``); None falls back to what holds for all."""

    compatibility: CompatibilityLevel | None = None
    policy: CompatibilityPolicy | None = None
    mode: SubjectMode | None = None
