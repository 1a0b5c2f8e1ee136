"""Grants of roles in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from registry.model.access import AccessRole, AccessScope, Grant, Held, SubjectKind
from registry.storage import tables

GRANTS = tables.grants.c


@dataclass(frozen=True, slots=True)
class SqlGrants:
    """Grants over one connection."""

    connection: Connection

    def add(self, grant: Grant) -> None:
        self.connection.execute(insert(tables.grants).values(row_of(grant)))

    def grant(self, grant_id: str) -> Grant | None:
        query = select(tables.grants).where(GRANTS.id == grant_id)
        row = self.connection.execute(query).one_or_none()
        return grant_of(row) if row else None

    def grants(
        self,
        subject: tuple[SubjectKind, str] | None,
        within: Sequence[AccessScope],
        after: str | None,
        count: int,
    ) -> list[Grant]:
        """Those within one of the scopes, by identifier, the expired ones too."""
        inside = or_(false(), *(inside_of(scope) for scope in within))
        query = select(tables.grants).where(inside).order_by(GRANTS.id).limit(count)
        if subject is not None:
            query = query.where(GRANTS.subject_kind == subject[0].value, GRANTS.subject == subject[1])
        if after is not None:
            query = query.where(GRANTS.id > after)
        return [grant_of(row) for row in self.connection.execute(query)]

    def count(self) -> int:
        number: int = self.connection.execute(select(func.count()).select_from(tables.grants)).scalar_one()
        return number

    def held(self, subjects: Sequence[tuple[SubjectKind, str]], now: datetime) -> tuple[Held, ...]:
        """The roles that any of the subjects holds now."""
        if not subjects:
            return ()
        theirs = or_(
            *(and_(GRANTS.subject_kind == kind.value, GRANTS.subject == name) for kind, name in subjects)
        )
        lasting = or_(GRANTS.expires_at.is_(None), GRANTS.expires_at > now)
        rows = self.connection.execute(select(tables.grants).where(theirs, lasting).order_by(GRANTS.id))
        return tuple(grant_of(row).held for row in rows)

    def change(self, grant: Grant) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
        statement = update(tables.grants).where(GRANTS.id == grant.id, GRANTS.epoch == grant.epoch)
        values = row_of(grant) | {"epoch": grant.epoch + 1}
        return self.connection.execute(statement.values(values)).rowcount == 1

    def remove(self, grant: Grant) -> bool:
        """False when it changed or went meanwhile."""
        statement = delete(tables.grants).where(GRANTS.id == grant.id, GRANTS.epoch == grant.epoch)
        return self.connection.execute(statement).rowcount == 1


def inside_of(scope: AccessScope) -> ColumnElement[bool]:
    """The condition on grants whose scope is within another; ownership is the scope of no stored grant."""
    if scope.owner is not None:
        return false()
    named = (
        (GRANTS.domain, scope.domain),
        (GRANTS.contract, scope.contract),
        (GRANTS.environment, scope.environment),
    )
    return and_(true(), *(column == value for column, value in named if value is not None))


def row_of(grant: Grant) -> dict[str, Any]:
    """A row of `grants`."""
    scope = grant.held.scope
    return {
        "id": grant.id,
        "subject_kind": grant.subject_kind.value,
        "subject": grant.subject,
        "role": grant.held.role.value,
        "domain": scope.domain,
        "contract": scope.contract,
        "environment": scope.environment,
        "created_at": grant.created_at,
        "created_by": grant.created_by,
        "expires_at": grant.expires_at,
        "epoch": grant.epoch,
    }


def grant_of(row: Row[Any]) -> Grant:
    """A grant as it is kept."""
    return Grant(
        id=row.id,
        subject_kind=SubjectKind(row.subject_kind),
        subject=row.subject,
        held=Held(AccessRole(row.role), AccessScope(row.domain, row.contract, row.environment)),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        epoch=row.epoch,
    )
