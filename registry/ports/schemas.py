"""Where schemas under subjects are kept, and who judges them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.model.schemas import (
    NewSchema,
    SchemaReference,
    SchemaSettings,
    SchemaText,
    Subject,
    SubjectVersion,
    VersionDeletion,
)


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Which subjects and versions are meant."""

    prefix: str = ""
    deleted: bool = False
    """Softly deleted ones too."""
    deleted_only: bool = False


class Schemas(Protocol):
    """Texts by their global id, versions by subject and number, settings by subject."""

    def subject(self, name: str) -> Subject | None: ...
    def add_subject(self, subject: Subject) -> None: ...
    def change_subject(self, name: str, epoch: int, audience: str) -> bool:
        """Raises the epoch if it is still the one given; False otherwise. Locks the row to the end."""

    def subjects(self, wanted: SubjectFilter, offset: int, count: int) -> list[str]: ...
    def versions(self, subject: str) -> list[SubjectVersion]:
        """Every version, the permanently deleted too, in order of their numbers."""

    def listed(self, wanted: SubjectFilter, offset: int, count: int, *, latest: bool) -> list[SubjectVersion]:
        """Versions of all subjects with that prefix, by subject and number."""

    def schema(self, schema_id: int) -> SchemaText | None: ...
    def texts(self, schema_ids: Collection[int]) -> dict[int, SchemaText]:
        """Those of the schemas that there are, by their ids."""

    def schema_by_digest(self, prefix: str) -> SchemaText | None: ...
    def highest_id(self) -> int: ...
    def uses(self, schema_id: int, *, deleted: bool, offset: int, count: int) -> list[tuple[str, int]]:
        """Subjects and versions that have this schema; those permanently deleted never."""

    def referring(self, subject: str, version: int) -> list[int]:
        """Ids of the schemas that refer to that version and are registered somewhere."""

    def add_schema(self, schema: NewSchema, at: datetime) -> SchemaText:
        """The one of that digest, made now if there was none."""

    def add_version(self, subject: str, version: int, schema_id: int, at: datetime) -> None: ...
    def delete_versions(self, subject: str, versions: Sequence[int], deletion: VersionDeletion) -> None: ...
    def withheld(self) -> tuple[int, ...]:
        """Differs once something was deleted permanently or hidden: copies in memory are dropped then."""

    def settings(self, subject: str) -> SchemaSettings: ...
    def set_settings(self, subject: str, settings: SchemaSettings) -> None: ...


@dataclass(frozen=True, slots=True)
class SchemaSource:
    """A schema with the schemas it refers to, directly or not, by the name it calls each.

    ``digest`` is that of the text once it was read; the one in hand has none yet.
    """

    digest: str
    text: str
    references: tuple[tuple[SchemaReference, SchemaSource], ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaJudgement:
    """Whether a change is proven compatible; ``message`` says why not, with the witness if there is one."""

    compatible: bool
    message: str


class SchemaJudge(Protocol):
    """Reads schemas and judges their changes."""

    def read(self, schema_type: str, source: SchemaSource) -> NewSchema:
        """Raises `registry.errors.Invalid` when it is no schema of that type."""

    def judge(
        self, before: SchemaSource, after: SchemaSource, direction: str, openness: str
    ) -> SchemaJudgement:
        """Directions and openness of `compatibility.compare_schemas`."""
