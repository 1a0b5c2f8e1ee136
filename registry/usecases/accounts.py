"""Local accounts: made, signed in, signed out, withdrawn.

Passwords are memorized secrets, so their hash is slow and salted (scrypt by Werkzeug; NIST SP 800-63B section
5.1.1.2). A session is 256 random bits in a cookie; the store has its hash only.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from registry.errors import Conflict, Invalid, NotFound, Unauthenticated
from registry.model import Account, Actor, AuditEntry, AuditOutcome, ClientKind, Session, name
from registry.ports import Clock, Store
from registry.usecases.services import known_team

PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 12, 256
SESSION_LIFETIME = timedelta(hours=12)
TOKEN_BYTES = 32
WRONG = "The name or the password is wrong."


def add_account(
    store: Store, clock: Clock, account: str, title: str, team: str | None, password: str
) -> Account:
    """A person of a team; without a team an administrator. `Invalid`, `NotFound`, `Conflict`."""
    made = Account(
        name(account, "account"), title.strip() or account, team, hashed_password(password), clock()
    )
    with store.writing() as transaction:
        if team is not None:
            known_team(transaction, team)
        if transaction.accounts.account(made.name) is not None:
            raise Conflict("account_exists", f"There is an account {made.name} already.")
        transaction.accounts.add_account(made)
        detail = {"team": team}
        transaction.security.audit(
            AuditEntry(made.created_at, "set-up", "account.added", made.name, "set-up", team, detail)
        )
    return made


def set_password(store: Store, clock: Clock, account: str, password: str) -> None:
    """Gives an account another password and ends its sessions; `NotFound`, `Invalid`."""
    new = hashed_password(password)
    with store.writing() as transaction:
        if not transaction.accounts.set_password(account, new):
            raise NotFound("account_not_found", f"There is no account {account}.")
        transaction.accounts.end_sessions(account)
        transaction.security.audit(AuditEntry(clock(), "set-up", "account.password_set", account, "set-up"))


def withdraw_account(store: Store, clock: Clock, account: str) -> None:
    """Ends an account and its sessions; its name is not given again. `NotFound`."""
    with store.writing() as transaction:
        if not transaction.accounts.withdraw_account(account, clock()):
            raise NotFound("account_not_found", f"There is no account {account}.")
        transaction.accounts.end_sessions(account)
        transaction.security.audit(AuditEntry(clock(), "set-up", "account.withdrawn", account, "set-up"))


def hashed_password(password: str) -> str:
    """What is stored of a password; `Invalid` when it is too short or too long."""
    if not PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX:
        raise Invalid(
            "password_length", f"A password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters."
        )
    return generate_password_hash(password)


@cache
def nobodys_hash() -> str:
    """Compared with when there is no such account, so that the answer takes as long either way."""
    return generate_password_hash(secrets.token_urlsafe())


def sign_in(store: Store, clock: Clock, account: str, password: str, request_id: str) -> str:
    """The value of a new session's cookie; `Unauthenticated`, told alike for each reason."""
    with store.reading() as transaction:
        known = transaction.accounts.account(account)
    right = check_password_hash(
        known.password_hash if known else nobodys_hash(), password[:PASSWORD_CHARS_MAX]
    )
    now = clock()
    if known is None or not right:
        with store.writing() as transaction:
            subject = known.name if known else "(unknown)"
            transaction.security.audit(
                AuditEntry(
                    now,
                    "portal",
                    "account.sign_in_refused",
                    subject,
                    request_id,
                    outcome=AuditOutcome.DENIED,
                )
            )
        raise Unauthenticated("sign_in_refused", WRONG)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with store.writing() as transaction:
        transaction.accounts.forget_sessions(now)
        transaction.accounts.add_session(Session(digest(token), known.name, now, now + SESSION_LIFETIME))
        transaction.security.audit(
            AuditEntry(now, account_id(known.name), "account.signed_in", known.name, request_id)
        )
    return token


def sign_out(store: Store, token: str) -> None:
    """Ends a session; one that has ended already is no error."""
    with store.writing() as transaction:
        transaction.accounts.end_session(digest(token))


def account_of(store: Store, clock: Clock, token: str | None) -> Account | None:
    """Who is signed in by a cookie's value; None when it does not count."""
    if not token:
        return None
    with store.reading() as transaction:
        session = transaction.accounts.session(digest(token))
        if session is None or session.expires_at <= clock():
            return None
        return transaction.accounts.account(session.account)


def actor_of(account: Account, request_id: str) -> Actor:
    """The account as one who asks: for its team, or as an administrator."""
    kind = ClientKind.TEAM if account.team is not None else ClientKind.ADMIN
    return Actor(account_id(account.name), kind, account.team, request_id)


def account_id(account: str) -> str:
    """How the audit names a person."""
    return f"account:{account}"


def digest(token: str) -> str:
    """What is stored of a cookie's value."""
    return "sha256:" + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
