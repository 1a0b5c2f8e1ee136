"""Domains in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, insert, select, union, update

from registry.model.access import EVERYTHING, Sight
from registry.model.domains import Domain, DomainEntry
from registry.storage import tables
from registry.storage.sight import visible_contracts

DOMAINS = tables.domains.c
CONTRACTS = tables.contracts.c


@dataclass(frozen=True, slots=True)
class SqlDomains:
    """Domains over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def entry(self, name: str) -> DomainEntry | None:
        found = self._entries([name])
        return found[0] if found and (found[0].domain.epoch or found[0].contracts) else None

    def entries(self, after: str | None, count: int) -> list[DomainEntry]:
        named = union(
            select(DOMAINS.name.label("name")),
            select(CONTRACTS.domain).where(visible_contracts(self.sight)),
        ).subquery()
        query = select(named.c.name).where(named.c.name != "").order_by(named.c.name).limit(count)
        if after is not None:
            query = query.where(named.c.name > after)
        return self._entries(list(self.connection.execute(query).scalars()))

    def _entries(self, names: list[str]) -> list[DomainEntry]:
        described = select(tables.domains).where(DOMAINS.name.in_(names))
        known = {row.name: Domain(*row) for row in self.connection.execute(described)}
        counted = select(CONTRACTS.domain, func.count()).where(
            CONTRACTS.domain.in_(names), visible_contracts(self.sight)
        )
        counts = {
            name: int(number) for name, number in self.connection.execute(counted.group_by(CONTRACTS.domain))
        }
        return [DomainEntry(known.get(name, Domain(name)), counts.get(name, 0)) for name in names]

    def put(self, domain: Domain) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
        values = asdict(domain) | {"epoch": domain.epoch + 1}
        if domain.epoch == 0:
            there = select(DOMAINS.name).where(DOMAINS.name == domain.name)
            if self.connection.execute(there).first() is not None:
                return False
            self.connection.execute(insert(tables.domains).values(values))
            return True
        statement = update(tables.domains).where(DOMAINS.name == domain.name, DOMAINS.epoch == domain.epoch)
        return self.connection.execute(statement.values(values)).rowcount == 1
