"""Deployments, test evidence and freezes in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, tuple_, update

from registry.model import Deployment, Freeze, Outcome, SemanticVersion, TestEvidence
from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.sight import visible
from registry.storage.upsert import insert_new

DEPLOYMENTS = tables.deployments.c
SLOT = (DEPLOYMENTS.environment, DEPLOYMENTS.contract, DEPLOYMENTS.major)


@dataclass(frozen=True, slots=True)
class SqlEnvironments:
    """Environments over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def lock(self, contract: str) -> None:
        """Until the transaction ends, nobody else moves versions of the contract."""
        table = tables.contracts
        self.connection.execute(update(table).where(table.c.name == contract).values(epoch=table.c.epoch))

    def deployed(self, environment: str, contract: str, major: int) -> Deployment | None:
        query = (
            select(tables.deployments)
            .where(
                DEPLOYMENTS.environment == environment,
                DEPLOYMENTS.contract == contract,
                DEPLOYMENTS.major == major,
                DEPLOYMENTS.undone_at.is_(None),
                visible(self.sight, DEPLOYMENTS.contract),
            )
            .order_by(DEPLOYMENTS.position.desc())
            .limit(1)
        )
        row = self.connection.execute(query).one_or_none()
        return deployment_of(row) if row else None

    def deployments(self, environment: str, after: tuple[str, int] | None, count: int) -> list[Deployment]:
        """Those in service, by contract and major version."""
        current = (
            select(*SLOT, func.max(DEPLOYMENTS.position).label("position"))
            .where(DEPLOYMENTS.environment == environment, DEPLOYMENTS.undone_at.is_(None))
            .group_by(*SLOT)
            .subquery()
        )
        query = (
            select(tables.deployments)
            .join(
                current,
                (current.c.environment == DEPLOYMENTS.environment)
                & (current.c.contract == DEPLOYMENTS.contract)
                & (current.c.major == DEPLOYMENTS.major)
                & (current.c.position == DEPLOYMENTS.position),
            )
            .where(visible(self.sight, DEPLOYMENTS.contract))
            .order_by(DEPLOYMENTS.contract, DEPLOYMENTS.major)
            .limit(count)
        )
        if after is not None:
            query = query.where(tuple_(DEPLOYMENTS.contract, DEPLOYMENTS.major) > tuple_(*after))
        return [deployment_of(row) for row in self.connection.execute(query)]

    def next_position(self, environment: str, contract: str, major: int) -> int:
        query = select(func.max(DEPLOYMENTS.position)).where(
            DEPLOYMENTS.environment == environment,
            DEPLOYMENTS.contract == contract,
            DEPLOYMENTS.major == major,
        )
        return int(self.connection.execute(query).scalar_one() or 0) + 1

    def deploy(self, deployment: Deployment) -> None:
        number = deployment.number
        values = {
            "environment": deployment.environment,
            "contract": deployment.contract,
            "major": number.major,
            "position": deployment.position,
            "minor": number.minor,
            "patch": number.patch,
            "bundle_sha256": deployment.bundle_sha256,
            "at": deployment.at,
            "client_id": deployment.client_id,
            "change_id": deployment.change,
        }
        self.connection.execute(insert(tables.deployments).values(values))

    def undo(self, deployment: Deployment, at: datetime) -> None:
        """Takes it out of service; what it replaced is in service again."""
        statement = update(tables.deployments).where(
            DEPLOYMENTS.environment == deployment.environment,
            DEPLOYMENTS.contract == deployment.contract,
            DEPLOYMENTS.major == deployment.number.major,
            DEPLOYMENTS.position == deployment.position,
        )
        self.connection.execute(statement.values(undone_at=at))

    def add_evidence(self, evidence: TestEvidence) -> bool:
        """False when that run is recorded already."""
        table = tables.test_evidence
        values = {
            "contract": evidence.contract,
            "bundle_sha256": evidence.bundle_sha256,
            "suite": evidence.suite,
            "run": evidence.run,
            "outcome": evidence.outcome.value,
            "at": evidence.at,
            "client_id": evidence.client_id,
            "url": evidence.url,
        }
        statement = insert_new(self.connection, table).values(values).returning(table.c.id)
        return self.connection.execute(statement).first() is not None

    def evidence(self, contract: str, bundle_sha256: str, count: int) -> list[TestEvidence]:
        """The newest first."""
        table = tables.test_evidence.c
        query = select(tables.test_evidence).where(
            table.contract == contract,
            table.bundle_sha256 == bundle_sha256,
            visible(self.sight, table.contract),
        )
        return [
            TestEvidence(
                row.contract,
                row.bundle_sha256,
                row.suite,
                row.run,
                Outcome(row.outcome),
                row.at,
                row.client_id,
                row.url,
            )
            for row in self.connection.execute(query.order_by(table.id.desc()).limit(count))
        ]

    def add_freeze(self, freeze: Freeze) -> None:
        values = {
            "id": freeze.id,
            "environment": freeze.environment,
            "starts_at": freeze.starts_at,
            "ends_at": freeze.ends_at,
            "reason": freeze.reason,
            "client_id": freeze.client_id,
        }
        self.connection.execute(insert(tables.freezes).values(values))

    def freezes(self, ending_after: datetime, after: str | None, count: int) -> list[Freeze]:
        """Those that hold or will hold, by identifier."""
        table = tables.freezes.c
        query = select(tables.freezes).where(table.ends_at > ending_after, table.lifted_at.is_(None))
        if after is not None:
            query = query.where(table.id > after)
        return [
            Freeze(row.id, row.environment, row.starts_at, row.ends_at, row.reason, row.client_id)
            for row in self.connection.execute(query.order_by(table.id).limit(count))
        ]

    def freeze(self, freeze_id: str) -> Freeze | None:
        table = tables.freezes.c
        query = select(tables.freezes).where(table.id == freeze_id, table.lifted_at.is_(None))
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Freeze(row.id, row.environment, row.starts_at, row.ends_at, row.reason, row.client_id)

    def lift_freeze(self, freeze_id: str, at: datetime) -> bool:
        """False when there is none that stands."""
        table = tables.freezes
        statement = update(table).where(table.c.id == freeze_id, table.c.lifted_at.is_(None))
        return self.connection.execute(statement.values(lifted_at=at)).rowcount == 1


def deployment_of(row: Row[Any]) -> Deployment:
    """A row of `deployments`."""
    return Deployment(
        environment=row.environment,
        contract=row.contract,
        number=SemanticVersion(row.major, row.minor, row.patch),
        bundle_sha256=row.bundle_sha256,
        position=row.position,
        at=row.at,
        client_id=row.client_id,
        change=row.change_id,
    )
