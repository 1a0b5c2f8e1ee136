"""Contracts, versions, life cycles and documents in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from registry.model import (
    CatalogEntry,
    Compatibility,
    Contract,
    DocumentReference,
    Lifecycle,
    Operation,
    SemanticVersion,
    State,
    Version,
)
from registry.model.access import EVERYTHING, Sight
from registry.ports import CatalogFilter
from registry.storage import tables
from registry.storage.sight import visible, visible_contracts
from registry.storage.upsert import insert_new

VERSIONS = tables.versions.c
NUMBER = (VERSIONS.major, VERSIONS.minor, VERSIONS.patch)


@dataclass(frozen=True, slots=True)
class SqlCatalog:
    """The catalog over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def contract(self, name: str) -> Contract | None:
        return self._one_contract(tables.contracts.c.name == name)

    def contract_of_api(self, api_id: str) -> Contract | None:
        return self._one_contract(tables.contracts.c.api_id == api_id)

    def _one_contract(self, condition: ColumnElement[bool]) -> Contract | None:
        query = select(tables.contracts).where(condition, visible_contracts(self.sight))
        row = self.connection.execute(query).one_or_none()
        return contract_of(row) if row else None

    def search(self, wanted: CatalogFilter, after: str | None, count: int) -> list[CatalogEntry]:
        table = tables.contracts.c
        query = select(tables.contracts).where(visible_contracts(self.sight))
        query = query.order_by(table.name).limit(count)
        if wanted.layer is not None:
            query = query.where(table.layer == wanted.layer)
        if wanted.domain is not None:
            query = query.where(table.domain == wanted.domain)
        if wanted.owner is not None:
            query = query.where(table.owner == wanted.owner)
        if wanted.text is not None:
            query = query.where(
                or_(
                    table.name.icontains(wanted.text, autoescape=True),
                    table.title.icontains(wanted.text, autoescape=True),
                )
            )
        if after is not None:
            query = query.where(table.name > after)
        found = [contract_of(row) for row in self.connection.execute(query)]
        states = self._states([contract.name for contract in found])
        return [CatalogEntry(contract, tuple(states.get(contract.name, ()))) for contract in found]

    def _states(self, names: list[str]) -> dict[str, list[tuple[SemanticVersion, State]]]:
        """Every version of the contracts named, newest first, with the state of its major version."""
        lifecycles = tables.lifecycles.c
        query = (
            select(VERSIONS.contract, *NUMBER, lifecycles.state)
            .outerjoin(
                tables.lifecycles,
                (lifecycles.contract == VERSIONS.contract) & (lifecycles.major == VERSIONS.major),
            )
            .where(VERSIONS.contract.in_(names), visible(self.sight, VERSIONS.contract))
            .order_by(*(column.desc() for column in NUMBER))
        )
        found: dict[str, list[tuple[SemanticVersion, State]]] = {}
        for contract, major, minor, patch, state in self.connection.execute(query):
            number = SemanticVersion(major, minor, patch)
            found.setdefault(contract, []).append((number, State(state or State.PUBLISHED)))
        return found

    def add_contract(self, contract: Contract) -> None:
        self.connection.execute(insert(tables.contracts).values(columns_of(contract)))

    def update_contract(self, contract: Contract) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
        table = tables.contracts.c
        statement = update(tables.contracts).where(table.name == contract.name, table.epoch == contract.epoch)
        values = columns_of(contract) | {"epoch": contract.epoch + 1}
        return self.connection.execute(statement.values(values)).rowcount == 1

    def add_version(self, version: Version, content: Mapping[str, bytes]) -> None:
        """``content`` is the bytes by their sha256; bytes already stored are left as they are."""
        number = asdict(version.number)
        key = {"contract": version.contract, **number}
        blobs = [{"sha256": digest, "content": raw} for digest, raw in content.items()]
        self.connection.execute(insert_new(self.connection, tables.blobs), blobs)
        self.connection.execute(
            insert(tables.versions).values(
                **key,
                sha256=version.sha256,
                canonical_sha256=version.canonical_sha256,
                bundle_sha256=version.bundle_sha256,
                owner=version.owner,
                published_at=version.published_at,
                published_by=version.published_by,
                on_behalf_of=version.on_behalf_of,
                problems=[dict(problem) for problem in version.problems],
                report=version.report,
                attestation=version.attestation,
            )
        )
        documents = [
            {**key, "position": position, "uri": document.uri, "sha256": document.sha256}
            for position, document in enumerate((version.document, *version.references))
        ]
        self.connection.execute(insert(tables.version_documents), documents)
        if version.operations:
            operations = [
                {**key, "position": position, **asdict(operation)}
                for position, operation in enumerate(version.operations)
            ]
            self.connection.execute(insert(tables.version_operations), operations)

    def numbers(self, name: str) -> list[SemanticVersion]:
        """Newest first."""
        query = select(*NUMBER).where(VERSIONS.contract == name, visible(self.sight, VERSIONS.contract))
        rows = self.connection.execute(query.order_by(*(column.desc() for column in NUMBER)))
        return [SemanticVersion(*row) for row in rows]

    def version(self, name: str, number: SemanticVersion) -> Version | None:
        query = select(tables.versions).where(
            VERSIONS.contract == name,
            VERSIONS.major == number.major,
            VERSIONS.minor == number.minor,
            VERSIONS.patch == number.patch,
            visible(self.sight, VERSIONS.contract),
        )
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        documents = self._documents_of([(name, number)])[name, number]
        return version_of(row, documents, self._operations_of(name, number))

    def newest(self, name: str) -> Version | None:
        """The version that was published last, whatever its number."""
        query = select(*NUMBER).where(VERSIONS.contract == name, visible(self.sight, VERSIONS.contract))
        latest_first = (VERSIONS.published_at.desc(), *(column.desc() for column in NUMBER))
        row = self.connection.execute(query.order_by(*latest_first).limit(1)).one_or_none()
        return self.version(name, SemanticVersion(*row)) if row else None

    def _operations_of(self, name: str, number: SemanticVersion) -> tuple[Operation, ...]:
        table = tables.version_operations.c
        query = select(table.operation_id, table.name).where(
            table.contract == name,
            table.major == number.major,
            table.minor == number.minor,
            table.patch == number.patch,
        )
        return tuple(Operation(*row) for row in self.connection.execute(query.order_by(table.position)))

    def _documents_of(
        self, wanted: list[tuple[str, SemanticVersion]]
    ) -> dict[tuple[str, SemanticVersion], list[DocumentReference]]:
        table = tables.version_documents.c
        keys = [(name, number.major, number.minor, number.patch) for name, number in wanted]
        query = (
            select(tables.version_documents)
            .where(tuple_(table.contract, table.major, table.minor, table.patch).in_(keys))
            .order_by(table.position)
        )
        found: dict[tuple[str, SemanticVersion], list[DocumentReference]] = {}
        for row in self.connection.execute(query):
            key = (row.contract, SemanticVersion(row.major, row.minor, row.patch))
            found.setdefault(key, []).append(DocumentReference(row.uri, row.sha256))
        return found

    def latest(self) -> list[tuple[Contract, Version, Lifecycle]]:
        """The highest version of each contract and major version, retired ones left out."""
        rank = (
            func.row_number()
            .over(
                partition_by=(VERSIONS.contract, VERSIONS.major),
                order_by=(VERSIONS.minor.desc(), VERSIONS.patch.desc()),
            )
            .label("rank")
        )
        ranked = select(VERSIONS.contract, *NUMBER, rank).subquery()
        query = (
            select(tables.versions)
            .join(
                ranked,
                (ranked.c.contract == VERSIONS.contract)
                & (ranked.c.major == VERSIONS.major)
                & (ranked.c.minor == VERSIONS.minor)
                & (ranked.c.patch == VERSIONS.patch),
            )
            .where(ranked.c.rank == 1, visible(self.sight, VERSIONS.contract))
            .order_by(VERSIONS.contract, VERSIONS.major)
        )
        contracts = {row.name: contract_of(row) for row in self.connection.execute(select(tables.contracts))}
        lifecycles = {
            (row.contract, row.major): lifecycle_of(row)
            for row in self.connection.execute(select(tables.lifecycles))
        }
        rows = [
            (row, lifecycles.get((row.contract, row.major), Lifecycle()))
            for row in self.connection.execute(query)
        ]
        served = [(row, lifecycle) for row, lifecycle in rows if lifecycle.state is not State.RETIRED]
        keys = [(row.contract, SemanticVersion(row.major, row.minor, row.patch)) for row, _ in served]
        documents = self._documents_of(keys)
        return [
            (contracts[row.contract], version_of(row, documents[key], ()), lifecycle)
            for key, (row, lifecycle) in zip(keys, served, strict=True)
        ]

    def lifecycle(self, name: str, major: int) -> Lifecycle:
        table = tables.lifecycles.c
        query = select(tables.lifecycles).where(table.contract == name, table.major == major)
        row = self.connection.execute(query).one_or_none()
        return lifecycle_of(row) if row else Lifecycle()

    def set_lifecycle(self, name: str, major: int, lifecycle: Lifecycle) -> None:
        table = tables.lifecycles.c
        values = asdict(lifecycle) | {"state": lifecycle.state.value}
        statement = update(tables.lifecycles).where(table.contract == name, table.major == major)
        if self.connection.execute(statement.values(values)).rowcount == 0:
            self.connection.execute(insert(tables.lifecycles).values(contract=name, major=major, **values))

    def restricted(self, audiences: Sequence[str]) -> list[Contract]:
        """Those of any other audience, by name."""
        table = tables.contracts.c
        query = select(tables.contracts).where(
            table.audience.not_in(audiences), visible_contracts(self.sight)
        )
        return [Contract(*row) for row in self.connection.execute(query.order_by(table.name))]

    def holders(self, sha256: str, count: int) -> list[str]:
        """Contracts that have a version with that document, by name."""
        table = tables.version_documents.c
        query = select(table.contract).where(table.sha256 == sha256, visible(self.sight, table.contract))
        query = query.distinct().order_by(table.contract).limit(count)
        return list(self.connection.execute(query).scalars())

    def content(self, sha256: str) -> bytes | None:
        query = select(tables.blobs.c.content).where(tables.blobs.c.sha256 == sha256)
        if not self.sight.everything:
            documents = tables.version_documents.c
            seen = select(documents.sha256).where(
                documents.sha256 == sha256, visible(self.sight, documents.contract)
            )
            query = query.where(seen.exists())
        found: bytes | None = self.connection.execute(query).scalar_one_or_none()
        return found

    def documents(self, version: Version) -> list[tuple[DocumentReference, bytes]]:
        """The entry document first."""
        references = (version.document, *version.references)
        digests = {reference.sha256 for reference in references}
        query = select(tables.blobs).where(tables.blobs.c.sha256.in_(digests))
        content = {row.sha256: row.content for row in self.connection.execute(query)}
        return [(reference, content[reference.sha256]) for reference in references]


def contract_of(row: Row[Any]) -> Contract:
    """The contract among the columns of a row."""
    values = {one.name: row._mapping[one.name] for one in fields(Contract)}
    return Contract(**values | {"compatibility": Compatibility(values["compatibility"])})


def columns_of(contract: Contract) -> dict[str, Any]:
    """The row of a contract."""
    return asdict(contract) | {"compatibility": contract.compatibility.value}


def version_of(
    row: Row[Any], documents: list[DocumentReference], operations: tuple[Operation, ...]
) -> Version:
    """A row of `versions` with its documents, the entry first."""
    return Version(
        contract=row.contract,
        number=SemanticVersion(row.major, row.minor, row.patch),
        sha256=row.sha256,
        canonical_sha256=row.canonical_sha256,
        bundle_sha256=row.bundle_sha256,
        owner=row.owner,
        published_at=row.published_at,
        published_by=row.published_by,
        on_behalf_of=row.on_behalf_of,
        document=documents[0],
        references=tuple(documents[1:]),
        operations=operations,
        problems=tuple(row.problems),
        report=row.report,
        attestation=row.attestation,
    )


def lifecycle_of(row: Row[Any]) -> Lifecycle:
    """A row of `lifecycles`."""
    return Lifecycle(State(row.state), row.deprecated_at, row.sunset_at, row.successor)
