"""The index of the versions in force in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, tuple_

from registry.model import (
    CatalogFacts,
    CatalogItem,
    Contract,
    FoundContract,
    SemanticVersion,
    State,
    What,
)
from registry.model.access import EVERYTHING, Sight
from registry.model.words import words_of
from registry.ports import SearchFilter
from registry.storage import full_text, tables
from registry.storage.catalog import contract_of
from registry.storage.sight import visible, visible_contracts

ENTRIES = tables.catalog_entries.c
CONTRACTS = tables.contracts.c
SAME_MAJOR = and_(
    tables.lifecycles.c.contract == ENTRIES.contract, tables.lifecycles.c.major == ENTRIES.major
)
STATE_NAME = func.coalesce(tables.lifecycles.c.state, State.PUBLISHED.value)


@dataclass(frozen=True, slots=True)
class SqlDiscovery:
    """The index over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING

    def put(self, contract: Contract, number: SemanticVersion, facts: CatalogFacts) -> None:
        """Replaces what is known of the major version."""
        self.remove(contract.name, number.major)
        key = {"contract": contract.name, "major": number.major}
        items = [line_of(item) for item in facts.items]
        row = {**key, "minor": number.minor, "patch": number.patch}
        statement = insert(tables.catalog_entries).values(row).returning(ENTRIES.id)
        entry = self.connection.execute(statement).scalar_one()
        self.connection.execute(insert(tables.catalog_items).values(entry=entry, items=items))
        full_text.put_words(self.connection, entry, words_of_entry(contract, facts))
        if facts.shapes:
            shapes = [
                {**key, "position": position, **asdict(shape)} for position, shape in enumerate(facts.shapes)
            ]
            self.connection.execute(insert(tables.catalog_operations), shapes)
        if facts.links:
            links = [{**key, **asdict(link)} for link in facts.links]
            self.connection.execute(insert(tables.catalog_links), links)

    def remove(self, contract: str, major: int) -> None:
        query = select(ENTRIES.id).where(ENTRIES.contract == contract, ENTRIES.major == major)
        entry = self.connection.execute(query).scalar_one_or_none()
        if entry is None:
            return
        full_text.remove_words(self.connection, entry)
        self.connection.execute(delete(tables.catalog_items).where(tables.catalog_items.c.entry == entry))
        for table in (tables.catalog_operations, tables.catalog_links, tables.catalog_entries):
            self.connection.execute(delete(table).where(table.c.contract == contract, table.c.major == major))

    def entries(self, after: tuple[str, int] | None, count: int) -> list[tuple[str, SemanticVersion]]:
        """What is indexed, by contract and major version."""
        query = select(ENTRIES.contract, ENTRIES.major, ENTRIES.minor, ENTRIES.patch)
        query = query.where(visible(self.sight, ENTRIES.contract))
        if after is not None:
            query = query.where(tuple_(ENTRIES.contract, ENTRIES.major) > tuple_(*after))
        rows = self.connection.execute(query.order_by(ENTRIES.contract, ENTRIES.major).limit(count))
        return [(contract, SemanticVersion(*number)) for contract, *number in rows]

    def search(
        self, words: Sequence[str], wanted: SearchFilter, skip: int, count: int
    ) -> list[FoundContract]:
        """Versions in force that have every word, the best first."""
        fitting = full_text.fitting(
            self.connection, words, wanted.what, lambda query: narrowed(query, wanted, self.sight)
        )
        chosen = fitting.subquery("chosen")
        best = select(chosen).order_by(chosen.c.score.desc(), chosen.c.entry).offset(skip).limit(count)
        scores = {row.entry: row.score for row in self.connection.execute(best)}
        found = {
            entry: found_contract(row, scores[entry], words)
            for entry, row in self._details(list(scores)).items()
        }
        return [found[entry] for entry in scores]

    def _details(self, entries: list[int]) -> dict[int, Row[Any]]:
        query = (
            select(
                ENTRIES.id,
                ENTRIES.major,
                ENTRIES.minor,
                ENTRIES.patch,
                STATE_NAME.label("state"),
                tables.catalog_items.c["items"].label("parts"),
                *tables.contracts.c,
            )
            .select_from(tables.catalog_entries)
            .join(tables.catalog_items, tables.catalog_items.c.entry == ENTRIES.id)
            .join(tables.contracts, CONTRACTS.name == ENTRIES.contract)
            .outerjoin(tables.lifecycles, SAME_MAJOR)
            .where(ENTRIES.id.in_(entries), visible_contracts(self.sight))
        )
        return {row.id: row for row in self.connection.execute(query)}


def found_contract(row: Row[Any], score: float, words: Sequence[str]) -> FoundContract:
    """A version with those of its items that may fit: most are passed over as text, without being read."""
    lines = (line for line in row.parts if any(word in line.casefold() for word in words))
    items = tuple(item_of(line) for line in lines)
    number = SemanticVersion(row.major, row.minor, row.patch)
    return FoundContract(contract_of(row), number, State(row.state), float(score), items)


def line_of(item: CatalogItem) -> str:
    """The item as a line of JSON; a list of lines is quick to read and easy on the memory."""
    parts = [item.what.value, item.name, item.document, item.pointer, item.text]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def item_of(line: str) -> CatalogItem:
    """The item of a line."""
    what, *rest = json.loads(line)
    return CatalogItem(What(what), *rest)


def narrowed(query: full_text.Entries, wanted: SearchFilter, sight: Sight) -> full_text.Entries:
    """The selection with the filters that were given; without any it reads no further table."""
    columns = {
        CONTRACTS.layer: wanted.layer,
        CONTRACTS.domain: wanted.domain,
        CONTRACTS.owner: wanted.owner,
        CONTRACTS.kind: wanted.kind,
    }
    conditions = [column == value for column, value in columns.items() if value is not None]
    if sight.everything and not conditions and wanted.state is None:
        return query
    entry = query.selected_columns[0]
    query = query.join(tables.catalog_entries, ENTRIES.id == entry)
    query = query.join(tables.contracts, CONTRACTS.name == ENTRIES.contract)
    if wanted.state is not None:
        query = query.outerjoin(tables.lifecycles, SAME_MAJOR)
        conditions.append(STATE_NAME.is_not_distinct_from(wanted.state.value))
    return query.where(*conditions, visible_contracts(sight))


def words_of_entry(contract: Contract, facts: CatalogFacts) -> dict[What, list[str]]:
    """The words of each column: names and texts of its items, and for the contract what identifies it."""
    texts: dict[What, list[str]] = {what: [] for what in What}
    texts[What.CONTRACT] = [contract.name, contract.title, contract.domain, contract.owner]
    for item in facts.items:
        texts[item.what] += [item.name, item.text]
    return {what: words_of(" ".join(parts)) for what, parts in texts.items()}
