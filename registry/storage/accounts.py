"""Accounts and sessions in SQL."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from registry.model import Account, Session, SignInAttempt
from registry.model.access import AccessRole, AccessScope, Held
from registry.storage import tables


@dataclass(frozen=True, slots=True)
class SqlAccounts:
    """`registry.ports.Accounts` over a connection."""

    connection: Connection

    def add_account(self, account: Account) -> None:
        self.connection.execute(insert(tables.accounts).values(row_of(account)))

    def account(self, name: str) -> Account | None:
        table = tables.accounts.c
        query = select(tables.accounts).where(table.name == name, table.withdrawn_at.is_(None))
        row = self.connection.execute(query).one_or_none()
        return account_of(row) if row else None

    def person(self, issuer: str, subject: str) -> tuple[Account, bool] | None:
        """Whom a provider vouches for, and whether the account stands still."""
        table = tables.accounts.c
        query = select(tables.accounts).where(table.issuer == issuer, table.subject == subject)
        row = self.connection.execute(query).one_or_none()
        return (account_of(row), row.withdrawn_at is None) if row else None

    def update_person(self, account: Account) -> None:
        """Writes title, team and roles as the provider said them last."""
        said = {name: row_of(account)[name] for name in ("title", "team", "is_admin", "roles")}
        statement = update(tables.accounts).where(tables.accounts.c.name == account.name)
        self.connection.execute(statement.values(said))

    def begin(self, attempt: SignInAttempt) -> None:
        self.connection.execute(insert(tables.sign_in_attempts).values(asdict(attempt)))

    def attempts(self) -> int:
        query = select(func.count()).select_from(tables.sign_in_attempts)
        number: int = self.connection.execute(query).scalar_one()
        return number

    def take_attempt(self, state_hash: str) -> SignInAttempt | None:
        """The attempt, which is gone from then on."""
        table = tables.sign_in_attempts
        taken = delete(table).where(table.c.state_hash == state_hash).returning(*table.columns)
        row = self.connection.execute(taken).one_or_none()
        return SignInAttempt(*row) if row else None

    def forget_attempts(self, expired_by: datetime) -> None:
        table = tables.sign_in_attempts
        self.connection.execute(delete(table).where(table.c.expires_at <= expired_by))

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


def row_of(account: Account) -> dict[str, Any]:
    """A row of `accounts`."""
    roles = [
        {
            "role": one.role.value,
            "domain": one.scope.domain,
            "contract": one.scope.contract,
            "environment": one.scope.environment,
        }
        for one in account.roles
    ]
    return {**asdict(account), "roles": roles}


def account_of(row: Row[Any]) -> Account:
    """An account as it is kept."""
    roles = tuple(
        Held(AccessRole(one["role"]), AccessScope(one["domain"], one["contract"], one["environment"]))
        for one in row.roles
    )
    return Account(
        row.name,
        row.title,
        row.team,
        row.password_hash,
        row.created_at,
        row.is_admin,
        row.issuer,
        row.subject,
        roles,
    )
