"""Signing keys and revoked tokens in SQL, and the way into the audit log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from registry.model import AuditEntry, RevokedToken, SigningKey
from registry.storage import tables
from registry.storage.audit import SqlAuditLog
from registry.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class SqlSecurity:
    """Keys, revocations and audit over one connection."""

    connection: Connection
    log: SqlAuditLog

    def add_key(self, key: SigningKey) -> None:
        self.connection.execute(insert(tables.signing_keys).values(asdict(key)))

    def keys(self) -> list[SigningKey]:
        query = select(tables.signing_keys).order_by(tables.signing_keys.c.created_at.desc())
        return [SigningKey(*row) for row in self.connection.execute(query)]

    def revoke(self, token: RevokedToken, at: datetime) -> None:
        row = {"jti": token.jti, "exp": token.exp, "revoked_at": at}
        self.connection.execute(insert_new(self.connection, tables.revoked_tokens), row)

    def is_revoked(self, jti: str) -> bool:
        query = select(tables.revoked_tokens.c.jti).where(tables.revoked_tokens.c.jti == jti)
        return self.connection.execute(query).first() is not None

    def revoked(self, expiring_after: int, count: int) -> list[RevokedToken]:
        table = tables.revoked_tokens.c
        query = select(table.jti, table.exp).where(table.exp > expiring_after)
        rows = self.connection.execute(query.order_by(table.exp.desc()).limit(count))
        return [RevokedToken(*row) for row in rows]

    def forget_revoked(self, expired_by: int) -> None:
        table = tables.revoked_tokens
        self.connection.execute(delete(table).where(table.c.exp <= expired_by))

    def audit(self, entry: AuditEntry) -> None:
        self.log.append(entry)
