"""Canonical schemas in SQL."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, or_, select

from registry.model import SemanticVersion
from registry.model.access import EVERYTHING, Sight
from registry.model.canonical import Referrer, SchemaHolder, SchemaLink
from registry.storage import tables
from registry.storage.sight import visible
from registry.storage.upsert import insert_new

IDS = tables.schema_ids.c
LINKS = tables.catalog_links.c
ENTRIES = tables.catalog_entries.c


@dataclass(frozen=True, slots=True)
class SqlCanonicalSchemas:
    """The index of ``$id``s over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def holder(self, schema_id: str) -> SchemaHolder | None:
        query = select(IDS.contract, IDS.major).where(IDS.id == schema_id, visible(self.sight, IDS.contract))
        row = self.connection.execute(query).one_or_none()
        return SchemaHolder(*row) if row else None

    def id_of(self, contract: str, major: int) -> str | None:
        query = select(IDS.id).where(
            IDS.contract == contract, IDS.major == major, visible(self.sight, IDS.contract)
        )
        found: str | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def claim(self, schema_id: str, contract: str, major: int) -> None:
        row = {"id": schema_id, "contract": contract, "major": major}
        self.connection.execute(insert_new(self.connection, tables.schema_ids), [row])

    def referrers(self, schema_id: str, count: int) -> list[Referrer]:
        own = and_(IDS.contract == LINKS.contract, IDS.major == LINKS.major, IDS.id == schema_id)
        direct = func.max(case((LINKS.source == "", 1), else_=0))
        query = (
            select(ENTRIES.contract, ENTRIES.major, ENTRIES.minor, ENTRIES.patch, direct)
            .join(
                tables.catalog_links,
                and_(LINKS.contract == ENTRIES.contract, LINKS.major == ENTRIES.major),
            )
            .outerjoin(tables.schema_ids, own)
            .where(LINKS.target == schema_id, IDS.id.is_(None), visible(self.sight, ENTRIES.contract))
            .group_by(ENTRIES.contract, ENTRIES.major, ENTRIES.minor, ENTRIES.patch)
            .order_by(ENTRIES.contract, ENTRIES.major)
        )
        rows = self.connection.execute(query.limit(count))
        return [
            Referrer(contract, SemanticVersion(*number), bool(is_direct))
            for contract, *number, is_direct in rows
        ]

    def references(self, contract: str, major: int, count: int) -> list[SchemaLink]:
        direct = func.max(case((LINKS.source == "", 1), else_=0))
        query = (
            select(LINKS.target, IDS.contract, IDS.major, direct)
            .select_from(tables.catalog_links)
            .outerjoin(tables.schema_ids, and_(IDS.id == LINKS.target, visible(self.sight, IDS.contract)))
            .where(LINKS.contract == contract, LINKS.major == major, visible(self.sight, LINKS.contract))
            .where(or_(IDS.id.is_(None), IDS.contract != contract, IDS.major != major))
            .group_by(LINKS.target, IDS.contract, IDS.major)
            .order_by(LINKS.target)
        )
        return [
            SchemaLink(target, SchemaHolder(name, number) if name else None, bool(is_direct))
            for target, name, number, is_direct in self.connection.execute(query.limit(count))
        ]
