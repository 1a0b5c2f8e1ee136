"""Where the audit log is kept."""

from __future__ import annotations

from typing import Protocol

from registry.audit.tree import Tree
from registry.model import AuditFilter, AuditRecord, KeyPurpose, VouchingKey


class AuditLog(Protocol):
    """Entries in the order they were appended, the tree over them, and the keys that vouch."""

    def origin(self) -> str:
        """The name of this log, which no other has."""

    def tree(self) -> Tree:
        """How far the log reaches."""

    def node(self, level: int, position: int) -> bytes:
        """A node of a complete subtree (`registry.audit.tree.Nodes`)."""

    def record(self, index: int) -> AuditRecord | None: ...
    def search(self, wanted: AuditFilter, before: int | None, count: int) -> list[AuditRecord]:
        """Newest first; ``before`` is the index to go on below."""

    def range(self, first: int, count: int) -> list[AuditRecord]:
        """Oldest first."""

    def keys(self, purpose: KeyPurpose) -> list[VouchingKey]:
        """Newest first."""

    def add_key(self, key: VouchingKey) -> None: ...
