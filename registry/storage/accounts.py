"""Accounts and sessions in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from registry.model import Account, Session
from registry.storage import tables


@dataclass(frozen=True, slots=True)
class SqlAccounts:
    """`registry.ports.Accounts` over a connection."""

    connection: Connection

    def add_account(self, account: Account) -> None:
        self.connection.execute(insert(tables.accounts).values(asdict(account)))

    def account(self, name: str) -> Account | None:
        table = tables.accounts.c
        query = select(tables.accounts).where(table.name == name, table.withdrawn_at.is_(None))
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        return Account(row.name, row.title, row.team, row.password_hash, row.created_at)

    def set_password(self, name: str, password_hash: str) -> bool:
        table = tables.accounts.c
        statement = update(tables.accounts).where(table.name == name, table.withdrawn_at.is_(None))
        return self.connection.execute(statement.values(password_hash=password_hash)).rowcount == 1

    def withdraw_account(self, name: str, at: datetime) -> bool:
        table = tables.accounts.c
        statement = update(tables.accounts).where(table.name == name, table.withdrawn_at.is_(None))
        return self.connection.execute(statement.values(withdrawn_at=at)).rowcount == 1

    def add_session(self, session: Session) -> None:
        self.connection.execute(insert(tables.sessions).values(asdict(session)))

    def session(self, token_hash: str) -> Session | None:
        query = select(tables.sessions).where(tables.sessions.c.token_hash == token_hash)
        row = self.connection.execute(query).one_or_none()
        return Session(row.token_hash, row.account, row.created_at, row.expires_at) if row else None

    def end_session(self, token_hash: str) -> bool:
        statement = delete(tables.sessions).where(tables.sessions.c.token_hash == token_hash)
        return self.connection.execute(statement).rowcount == 1

    def end_sessions(self, account: str) -> None:
        self.connection.execute(delete(tables.sessions).where(tables.sessions.c.account == account))

    def forget_sessions(self, expired_by: datetime) -> None:
        self.connection.execute(delete(tables.sessions).where(tables.sessions.c.expires_at <= expired_by))
