"""The audit log in SQL.

Entries of a transaction wait until it ends and are appended then, last of all. So the lock on the log's head
is held for a moment only, and no transaction waits for another one's rows while it holds that lock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, select, true, update

from registry.audit.entries import contract_named, entry_bytes
from registry.audit.tree import Node, Tree, leaf_hash
from registry.model import AuditEntry, AuditFilter, AuditOutcome, AuditRecord, KeyPurpose, VouchingKey
from registry.model.access import EVERYTHING, Sight
from registry.storage import tables
from registry.storage.sight import visible

LOG = tables.audit_log.c
HEAD = tables.audit_head.c
NODES = tables.audit_nodes.c
SUBJECT_CHARS_MAX = 500
"""Of a subject as it is searched by; the entry holds all of it (an index of PostgreSQL takes 2,704 bytes)."""


@dataclass(frozen=True, slots=True)
class SqlAuditLog:
    """The log over one connection."""

    connection: Connection
    sight: Sight = EVERYTHING
    names_contracts: bool = True
    """Whether the table for that is there; a migration appends before it is."""
    pending: list[AuditEntry] = field(default_factory=list)

    def append(self, entry: AuditEntry) -> None:
        """Takes the entry up; it is in the log when the transaction is."""
        self.pending.append(entry)

    def write_pending(self) -> None:
        """Appends what was taken up; the head's row is locked from here to the end of the transaction."""
        if not self.pending:
            return
        head = self.connection.execute(select(tables.audit_head).with_for_update()).one()
        tree, last_hash = tree_of(head), head.last_hash
        entries: list[dict[str, Any]] = []
        named: list[dict[str, Any]] = []
        nodes: list[Node] = []
        for entry in self.pending:
            raw = entry_bytes(entry, tree.size, last_hash)
            digest = leaf_hash(raw)
            entries.append(row_of(entry, tree.size, raw.decode("utf-8"), digest.hex()))
            contract = contract_named(entry.action, entry.subject, entry.detail)
            if contract is not None and self.names_contracts:
                named.append({"position": tree.size, "contract": contract})
            tree, complete = tree.grown(digest)
            nodes += complete[1:]
            last_hash = digest.hex()
        self.pending.clear()
        self.connection.execute(insert(tables.audit_log), entries)
        if named:
            self.connection.execute(insert(tables.audit_contracts), named)
        if nodes:
            rows = [{**asdict(node), "digest": node.digest.hex()} for node in nodes]
            self.connection.execute(insert(tables.audit_nodes), rows)
        frontier = [digest.hex() for digest in tree.frontier]
        self.connection.execute(
            update(tables.audit_head).values(size=tree.size, frontier=frontier, last_hash=last_hash)
        )

    def origin(self) -> str:
        origin: str = self.connection.execute(select(HEAD.origin)).scalar_one()
        return origin

    def tree(self) -> Tree:
        return tree_of(self.connection.execute(select(tables.audit_head)).one())

    def node(self, level: int, position: int) -> bytes:
        if level == 0:
            query: Select[Any] = select(LOG.leaf_hash).where(LOG.position == position)
        else:
            query = select(NODES.digest).where(NODES.level == level, NODES.position == position)
        return bytes.fromhex(self.connection.execute(query).scalar_one())

    def record(self, index: int) -> AuditRecord | None:
        found = self.range(index, 1)
        return found[0] if found and found[0].index == index else None

    def search(self, wanted: AuditFilter, before: int | None, count: int) -> list[AuditRecord]:
        outcome = wanted.outcome.value if wanted.outcome else None
        equal = ((LOG.actor, wanted.actor), (LOG.action, wanted.action), (LOG.subject, wanted.subject))
        conditions = [
            column == value for column, value in (*equal, (LOG.outcome, outcome)) if value is not None
        ]
        if wanted.since is not None:
            conditions.append(LOG.at >= wanted.since)
        if wanted.until is not None:
            conditions.append(LOG.at < wanted.until)
        if before is not None:
            conditions.append(LOG.position < before)
        query = (
            select(tables.audit_log)
            .where(*conditions, self._visible())
            .order_by(LOG.position.desc())
            .limit(count)
        )
        return [record_of(row) for row in self.connection.execute(query)]

    def range(self, first: int, count: int) -> list[AuditRecord]:
        query = select(tables.audit_log).where(LOG.position >= first, self._visible())
        query = query.order_by(LOG.position).limit(count)
        return [record_of(row) for row in self.connection.execute(query)]

    def _visible(self) -> ColumnElement[bool]:
        """Entries about contracts that are seen; those about none, for who sees the whole log."""
        if self.sight.audits:
            return true()
        about = tables.audit_contracts.c
        return (
            select(about.position)
            .where(about.position == LOG.position, visible(self.sight, about.contract))
            .exists()
        )

    def keys(self, purpose: KeyPurpose) -> list[VouchingKey]:
        table = tables.vouching_keys
        query = (
            select(table)
            .where(table.c.purpose == purpose.value)
            .order_by(table.c.created_at.desc(), table.c.name)
        )
        return [
            VouchingKey(row.name, KeyPurpose(row.purpose), row.seed, row.created_at)
            for row in self.connection.execute(query)
        ]

    def add_key(self, key: VouchingKey) -> None:
        row = {**asdict(key), "purpose": key.purpose.value}
        self.connection.execute(insert(tables.vouching_keys).values(row))


def tree_of(head: Row[Any]) -> Tree:
    """The tree that the head's row describes."""
    return Tree(head.size, tuple(bytes.fromhex(digest) for digest in head.frontier))


def row_of(entry: AuditEntry, position: int, raw: str, digest: str) -> dict[str, Any]:
    """A row of `audit_log`."""
    return {
        "position": position,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject[:SUBJECT_CHARS_MAX],
        "outcome": AuditOutcome(entry.outcome).value,
        "raw": raw,
        "leaf_hash": digest,
    }


def record_of(row: Row[Any]) -> AuditRecord:
    """A row of `audit_log` as it was hashed."""
    return AuditRecord(row.position, row.raw, row.leaf_hash)
