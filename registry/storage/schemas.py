"""Schemas under subjects in SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, or_, select, update

from registry.model.access import EVERYTHING, OPEN_AUDIENCES, Sight
from registry.model.schemas import (
    CompatibilityLevel,
    CompatibilityPolicy,
    NewSchema,
    SchemaReference,
    SchemaSettings,
    SchemaText,
    Subject,
    SubjectMode,
    SubjectVersion,
    VersionDeletion,
)
from registry.ports.schemas import SubjectFilter
from registry.storage import tables
from registry.storage.sight import visible_subject
from registry.storage.upsert import insert_new

TEXTS = tables.schema_texts.c
TEXT_COLUMNS = (TEXTS.id, TEXTS.digest, TEXTS.schema_type, TEXTS.text, TEXTS.references)
VERSIONS = tables.subject_versions.c


@dataclass(frozen=True, slots=True)
class SqlSchemas:
    """Texts, versions and settings over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def subject(self, name: str) -> Subject | None:
        query = select(tables.subjects).where(
            tables.subjects.c.name == name, visible_subject(self.sight, tables.subjects.c.name)
        )
        row = self.connection.execute(query).one_or_none()
        return Subject(*row) if row else None

    def add_subject(self, subject: Subject) -> None:
        self.connection.execute(insert(tables.subjects).values(asdict(subject)))

    def change_subject(self, name: str, epoch: int, audience: str) -> bool:
        table = tables.subjects.c
        statement = update(tables.subjects).where(table.name == name, table.epoch == epoch)
        changed = statement.values(epoch=epoch + 1, audience=audience)
        return self.connection.execute(changed).rowcount == 1

    def subjects(self, wanted: SubjectFilter, offset: int, count: int) -> list[str]:
        query = meant(select(VERSIONS.subject).distinct(), wanted).where(self._visible())
        if wanted.deleted_only:
            live = select(VERSIONS.subject).where(VERSIONS.deletion == VersionDeletion.NONE.value)
            query = query.where(VERSIONS.subject.not_in(live))
        query = query.order_by(VERSIONS.subject).offset(offset).limit(count)
        return [name for (name,) in self.connection.execute(query)]

    def versions(self, subject: str) -> list[SubjectVersion]:
        query = with_digest().where(VERSIONS.subject == subject, self._visible()).order_by(VERSIONS.version)
        return [version_of(row) for row in self.connection.execute(query)]

    def listed(self, wanted: SubjectFilter, offset: int, count: int, *, latest: bool) -> list[SubjectVersion]:
        query = meant(with_digest(), wanted).where(self._visible())
        if latest:
            other = tables.subject_versions.alias()
            newer = select(other.c.version).where(
                other.c.subject == VERSIONS.subject, other.c.version > VERSIONS.version
            )
            newer = newer.where(other.c.deletion.in_(states(wanted)))
            query = query.where(~newer.exists())
        query = query.order_by(VERSIONS.subject, VERSIONS.version).offset(offset).limit(count)
        return [version_of(row) for row in self.connection.execute(query)]

    def schema(self, schema_id: int) -> SchemaText | None:
        row = self.connection.execute(select(*TEXT_COLUMNS).where(TEXTS.id == schema_id)).one_or_none()
        return text_of(row) if row else None

    def texts(self, schema_ids: Collection[int]) -> dict[int, SchemaText]:
        query = select(*TEXT_COLUMNS).where(TEXTS.id.in_(schema_ids))
        return {row.id: text_of(row) for row in self.connection.execute(query)}

    def schema_by_digest(self, prefix: str) -> SchemaText | None:
        query = select(*TEXT_COLUMNS).where(TEXTS.digest >= prefix, TEXTS.digest < prefix + "g")
        row = self.connection.execute(query.order_by(TEXTS.digest).limit(1)).first()
        return text_of(row) if row else None

    def highest_id(self) -> int:
        query = select(func.max(TEXTS.id))
        if not self.sight.everything:
            query = select(func.max(VERSIONS.schema_id)).where(self._visible())
        highest: int | None = self.connection.execute(query).scalar_one()
        return highest or 0

    def uses(self, schema_id: int, *, deleted: bool, offset: int, count: int) -> list[tuple[str, int]]:
        query = meant(select(VERSIONS.subject, VERSIONS.version), SubjectFilter(deleted=deleted))
        query = query.where(VERSIONS.schema_id == schema_id, self._visible()).order_by(
            VERSIONS.subject, VERSIONS.version
        )
        return [(name, number) for name, number in self.connection.execute(query.offset(offset).limit(count))]

    def referring(self, subject: str, version: int) -> list[int]:
        table = tables.schema_references.c
        registered = select(VERSIONS.schema_id).where(
            VERSIONS.deletion == VersionDeletion.NONE.value, self._visible()
        )
        query = select(table.schema_id).where(
            table.subject == subject, table.version == version, table.schema_id.in_(registered)
        )
        return [number for (number,) in self.connection.execute(query.order_by(table.schema_id))]

    def add_schema(self, schema: NewSchema, at: datetime) -> SchemaText:
        there = self.schema_by_digest(schema.digest)
        if there is not None:
            return there
        row = asdict(schema) | {"created_at": at}
        statement = insert_new(self.connection, tables.schema_texts).values(row).returning(TEXTS.id)
        made = self.connection.execute(statement).scalar_one_or_none()
        if made is None:  # another writer was faster by a moment
            other = self.schema_by_digest(schema.digest)
            assert other is not None
            return other
        added = SchemaText(made, schema.digest, schema.schema_type, schema.text, schema.references)
        targets = sorted({(one.subject, one.version) for one in schema.references})
        if targets:
            self.connection.execute(
                insert_new(self.connection, tables.schema_references),
                [{"schema_id": added.id, "subject": name, "version": number} for name, number in targets],
            )
        return added

    def add_version(self, subject: str, version: int, schema_id: int, at: datetime) -> None:
        row = {"subject": subject, "version": version, "schema_id": schema_id, "created_at": at}
        row["deletion"] = VersionDeletion.NONE.value
        self.connection.execute(insert(tables.subject_versions).values(row))

    def delete_versions(self, subject: str, versions: Sequence[int], deletion: VersionDeletion) -> None:
        statement = update(tables.subject_versions).where(
            VERSIONS.subject == subject, VERSIONS.version.in_(versions)
        )
        self.connection.execute(statement.values(deletion=deletion.value))

    def withheld(self) -> tuple[int, ...]:
        deleted = select(func.count()).where(VERSIONS.deletion == VersionDeletion.HARD.value)
        subjects = tables.subjects.c
        restricted = select(func.count(), func.coalesce(func.sum(subjects.epoch), 0)).where(
            subjects.audience.not_in(OPEN_AUDIENCES)
        )
        number = self.connection.execute(deleted).scalar_one()
        return (int(number), *(int(one) for one in self.connection.execute(restricted).one()))

    def _visible(self) -> ColumnElement[bool]:
        return visible_subject(self.sight, VERSIONS.subject)

    def settings(self, subject: str) -> SchemaSettings:
        table = tables.schema_settings.c
        query = select(table.compatibility, table.policy, table.mode).where(
            table.subject == subject,
            or_(table.subject == "", visible_subject(self.sight, table.subject)),
        )
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return SchemaSettings()
        level, policy, mode = row
        return SchemaSettings(
            CompatibilityLevel(level) if level else None,
            CompatibilityPolicy(policy) if policy else None,
            SubjectMode(mode) if mode else None,
        )

    def set_settings(self, subject: str, settings: SchemaSettings) -> None:
        self.connection.execute(insert_new(self.connection, tables.schema_settings), {"subject": subject})
        statement = update(tables.schema_settings).where(tables.schema_settings.c.subject == subject)
        self.connection.execute(statement.values(asdict(settings)))


def states(wanted: SubjectFilter) -> list[str]:
    """The deletions that a filter lets through."""
    if wanted.deleted_only:
        return [VersionDeletion.SOFT.value]
    return [VersionDeletion.NONE.value, *([VersionDeletion.SOFT.value] if wanted.deleted else [])]


def meant(query: Select[Any], wanted: SubjectFilter) -> Select[Any]:
    """The versions that a filter lets through."""
    found = query.where(VERSIONS.deletion.in_(states(wanted)))
    if not wanted.prefix:
        return found
    # LIKE would not tell cases apart on SQLite.
    return found.where(func.substr(VERSIONS.subject, 1, len(wanted.prefix)) == wanted.prefix)


def with_digest() -> Select[Any]:
    """Versions with the digest of their schemas."""
    columns = (VERSIONS.subject, VERSIONS.version, VERSIONS.schema_id, TEXTS.digest, VERSIONS.deletion)
    return select(*columns).join(tables.schema_texts, TEXTS.id == VERSIONS.schema_id)


def version_of(row: Sequence[Any]) -> SubjectVersion:
    """A row of `with_digest`."""
    subject, version, schema_id, digest, deletion = tuple(row)
    return SubjectVersion(subject, version, schema_id, digest, VersionDeletion(deletion))


def text_of(row: Sequence[Any]) -> SchemaText:
    """A row of the columns of a text."""
    schema_id, digest, schema_type, text, references = row
    found = tuple(SchemaReference(one["name"], one["subject"], one["version"]) for one in references)
    return SchemaText(schema_id, digest, schema_type, text, found)
