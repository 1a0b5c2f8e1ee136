"""Mappings, rulesets and documents of vendors in SQL; bindings and exceptions of rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, true, tuple_, update

from registry.model.access import EVERYTHING, Sight
from registry.model.artifacts import (
    Artifact,
    ArtifactKind,
    ArtifactVersion,
    BindingScope,
    RuleException,
    RulesetBinding,
)
from registry.storage import tables
from registry.storage.sight import visible
from registry.storage.upsert import insert_new

ARTIFACTS = tables.artifacts.c
VERSIONS = tables.artifact_versions.c
BINDINGS = tables.ruleset_bindings.c
EXCEPTIONS = tables.rule_exceptions.c
CONTRACTS = tables.contracts.c


@dataclass(frozen=True, slots=True)
class SqlArtifacts:
    """Artifacts over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def artifact(self, kind: ArtifactKind, name: str) -> Artifact | None:
        query = select(tables.artifacts).where(ARTIFACTS.kind == kind.value, ARTIFACTS.name == name)
        row = self.connection.execute(query).one_or_none()
        return artifact_of(row) if row else None

    def artifacts(self, kind: ArtifactKind, after: str | None, count: int) -> list[Artifact]:
        query = select(tables.artifacts).where(ARTIFACTS.kind == kind.value).order_by(ARTIFACTS.name)
        if after is not None:
            query = query.where(ARTIFACTS.name > after)
        return [artifact_of(row) for row in self.connection.execute(query.limit(count))]

    def add(self, artifact: Artifact) -> None:
        values = asdict(artifact) | {"kind": artifact.kind.value}
        self.connection.execute(insert(tables.artifacts).values(values))

    def add_version(self, version: ArtifactVersion, content: bytes) -> None:
        blob = {"sha256": version.sha256, "content": content}
        self.connection.execute(insert_new(self.connection, tables.blobs), [blob])
        values = asdict(version) | {"kind": version.kind.value}
        self.connection.execute(insert(tables.artifact_versions).values(values))

    def version(self, kind: ArtifactKind, name: str, version: str) -> ArtifactVersion | None:
        query = select(tables.artifact_versions).where(
            VERSIONS.kind == kind.value, VERSIONS.name == name, VERSIONS.version == version
        )
        row = self.connection.execute(query).one_or_none()
        return version_of(row) if row else None

    def versions(self, kind: ArtifactKind, name: str, count: int) -> list[ArtifactVersion]:
        """The newest first."""
        query = (
            select(tables.artifact_versions)
            .where(VERSIONS.kind == kind.value, VERSIONS.name == name)
            .order_by(VERSIONS.position.desc())
            .limit(count)
        )
        return [version_of(row) for row in self.connection.execute(query)]

    def in_use(self, kind: ArtifactKind, count: int) -> list[tuple[Artifact, ArtifactVersion]]:
        """The newest version of each that is not withdrawn, by name."""
        newest = (
            select(VERSIONS.name, func.max(VERSIONS.position).label("position"))
            .where(VERSIONS.kind == kind.value, VERSIONS.withdrawn_at.is_(None))
            .group_by(VERSIONS.name)
            .subquery()
        )
        query = (
            select(tables.artifact_versions)
            .join(newest, (newest.c.name == VERSIONS.name) & (newest.c.position == VERSIONS.position))
            .where(VERSIONS.kind == kind.value)
            .order_by(VERSIONS.name)
            .limit(count)
        )
        found = [version_of(row) for row in self.connection.execute(query)]
        listed = select(tables.artifacts).where(
            ARTIFACTS.kind == kind.value, ARTIFACTS.name.in_([one.name for one in found])
        )
        known = {row.name: artifact_of(row) for row in self.connection.execute(listed)}
        return [(known[one.name], one) for one in found]

    def withdraw(self, version: ArtifactVersion, at: datetime) -> None:
        statement = update(tables.artifact_versions).where(
            VERSIONS.kind == version.kind.value,
            VERSIONS.name == version.name,
            VERSIONS.position == version.position,
        )
        self.connection.execute(statement.values(withdrawn_at=at))

    def bindings(self, after: tuple[str, str] | None, count: int) -> list[RulesetBinding]:
        key = (BINDINGS.scope, BINDINGS.subject)
        query = select(tables.ruleset_bindings).where(self._seen()).order_by(*key).limit(count)
        if after is not None:
            query = query.where(tuple_(*key) > tuple_(*after))
        return [binding_of(row) for row in self.connection.execute(query)]

    def binding(self, scope: BindingScope, subject: str) -> RulesetBinding | None:
        query = select(tables.ruleset_bindings).where(
            BINDINGS.scope == scope.value, BINDINGS.subject == subject, self._seen()
        )
        row = self.connection.execute(query).one_or_none()
        return binding_of(row) if row else None

    def bind(self, binding: RulesetBinding) -> None:
        """In place of the one that stands."""
        self.unbind(binding.scope, binding.subject)
        values = asdict(binding) | {"scope": binding.scope.value}
        self.connection.execute(insert(tables.ruleset_bindings).values(values))

    def is_bound(self, ruleset: str, version: str) -> bool:
        query = select(BINDINGS.subject).where(BINDINGS.ruleset == ruleset, BINDINGS.version == version)
        return self.connection.execute(query.limit(1)).first() is not None

    def unbind(self, scope: BindingScope, subject: str) -> bool:
        statement = delete(tables.ruleset_bindings).where(
            BINDINGS.scope == scope.value, BINDINGS.subject == subject
        )
        return self.connection.execute(statement).rowcount == 1

    def add_exception(self, exception: RuleException) -> None:
        self.connection.execute(insert(tables.rule_exceptions).values(asdict(exception)))

    def exceptions(self, contract: str | None, after: str | None, count: int) -> list[RuleException]:
        """Those that were not ended, expired ones included, by identifier."""
        query = select(tables.rule_exceptions).where(EXCEPTIONS.ended_at.is_(None), self._visible())
        if contract is not None:
            query = query.where(EXCEPTIONS.contract == contract)
        if after is not None:
            query = query.where(EXCEPTIONS.id > after)
        found = self.connection.execute(query.order_by(EXCEPTIONS.id).limit(count))
        return [exception_of(row) for row in found]

    def standing_exceptions(self, contract: str, today: date, count: int) -> list[RuleException]:
        """Those of a contract in force on that day."""
        query = (
            select(tables.rule_exceptions)
            .where(
                EXCEPTIONS.contract == contract,
                EXCEPTIONS.ended_at.is_(None),
                EXCEPTIONS.expires >= today,
                self._visible(),
            )
            .order_by(EXCEPTIONS.id)
            .limit(count)
        )
        return [exception_of(row) for row in self.connection.execute(query)]

    def _seen(self) -> ColumnElement[bool]:
        """Bindings of domains, and those of contracts that are seen."""
        return or_(BINDINGS.scope != BindingScope.CONTRACT.value, visible(self.sight, BINDINGS.subject))

    def _visible(self) -> ColumnElement[bool]:
        """Exceptions of contracts that are seen, or not published yet; and those the team answers for."""
        if self.sight.everything:
            return true()
        published = select(CONTRACTS.name).where(CONTRACTS.name == EXCEPTIONS.contract).exists()
        return or_(visible(self.sight, EXCEPTIONS.contract), ~published, EXCEPTIONS.owner == self.sight.team)

    def end_exception(self, exception_id: str, at: datetime) -> bool:
        statement = update(tables.rule_exceptions).where(
            EXCEPTIONS.id == exception_id, EXCEPTIONS.ended_at.is_(None)
        )
        return self.connection.execute(statement.values(ended_at=at)).rowcount == 1


def artifact_of(row: Row[Any]) -> Artifact:
    """A row of `artifacts`."""
    return Artifact(ArtifactKind(row.kind), row.name, row.owner, row.created_at, row.vendor, row.product)


def version_of(row: Row[Any]) -> ArtifactVersion:
    """A row of `artifact_versions`."""
    values = dict(row._mapping)
    return ArtifactVersion(**(values | {"kind": ArtifactKind(row.kind)}))


def binding_of(row: Row[Any]) -> RulesetBinding:
    """A row of `ruleset_bindings`."""
    return RulesetBinding(
        BindingScope(row.scope), row.subject, row.ruleset, row.version, row.client_id, row.bound_at
    )


def exception_of(row: Row[Any]) -> RuleException:
    """A row of `rule_exceptions`."""
    values = dict(row._mapping)
    del values["ended_at"]
    return RuleException(**values)
