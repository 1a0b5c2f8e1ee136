"""Local accounts: made, signed in, signed out, withdrawn.

Passwords are memorized secrets, so their hash is slow and salted (scrypt by Werkzeug; NIST SP 800-63B section
5.1.1.2). A session is 256 random bits in a cookie; the store has its hash only.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

from registry.errors import Conflict, Invalid, NotFound, Unauthenticated
from registry.model import Account, Actor, AuditEntry, AuditOutcome, ClientKind, Session, Sight, name
from registry.model.access import SubjectKind
from registry.ports import Clock, Store, Transaction
from registry.usecases.denials import DenialLog
from registry.usecases.roles import held_by, sight_for
from registry.usecases.services import Services, known_team

PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 12, 256
SESSION_LIFETIME = timedelta(hours=12)
TOKEN_BYTES = 32
WRONG = "The name or the password is wrong."


def add_account(
    store: Store, clock: Clock, account: str, title: str, team: str | None, password: str
) -> Account:
    """A person of a team; without a team an administrator. `Invalid`, `NotFound`, `Conflict`."""
    made = Account(
        name(account, "account"),
        title.strip() or account,
        team,
        hashed_password(password),
        clock(),
        is_admin=team is None,
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


def sign_in(services: Services, denials: DenialLog, account: str, password: str, request_id: str) -> str:
    """The value of a new session's cookie; `Unauthenticated`, told alike for each reason.

    A person whom a provider vouches for has no password here.
    """
    with services.store.reading() as transaction:
        known = transaction.accounts.account(account)
    usable = known is not None and known.issuer is None
    right = check_password_hash(
        known.password_hash if known and usable else nobodys_hash(), password[:PASSWORD_CHARS_MAX]
    )
    if known is None or not usable or not right:
        refused_sign_in(services, denials, known.name if known else "(unknown)", request_id, "password")
        raise Unauthenticated("sign_in_refused", WRONG)
    with services.store.writing() as transaction:
        return new_session(services, transaction, known, request_id, "password")


def refused_sign_in(
    services: Services, denials: DenialLog, subject: str, request_id: str, authentication: str
) -> None:
    """Writes a refused sign-in to the audit, where the policy asks for that and the minute has room."""
    now = services.clock()
    left_out = denials.admitted("portal", now) if services.access.record_failed_sign_ins else None
    if left_out is None:
        return
    detail = {"notRecordedBefore": left_out} if left_out else None
    with services.store.writing() as transaction:
        transaction.security.audit(
            AuditEntry(
                now,
                "portal",
                "account.sign_in_refused",
                subject,
                request_id,
                detail=detail,
                authentication=authentication,
                outcome=AuditOutcome.DENIED,
            )
        )


def new_session(
    services: Services, transaction: Transaction, account: Account, request_id: str, authentication: str
) -> str:
    """The value of a new session's cookie; nobody knew it before, so no session can be fixed in advance."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = services.clock()
    transaction.accounts.forget_sessions(now)
    transaction.accounts.add_session(Session(digest(token), account.name, now, now + SESSION_LIFETIME))
    transaction.security.audit(
        AuditEntry(
            now,
            account_id(account.name),
            "account.signed_in",
            account.name,
            request_id,
            authentication=authentication,
        )
    )
    return token


def sign_out(store: Store, token: str) -> None:
    """Ends a session; one that has ended already is no error."""
    with store.writing() as transaction:
        transaction.accounts.end_session(digest(token))


def signed_in(services: Services, token: str | None) -> tuple[Account, Sight] | None:
    """Who is signed in by a cookie's value, with all roles, and what it sees; None when it does not count."""
    if not token:
        return None
    with services.store.reading() as transaction:
        session = transaction.accounts.session(digest(token))
        if session is None or session.expires_at <= services.clock():
            return None
        account = transaction.accounts.account(session.account)
        if account is None:
            return None
        subject = (SubjectKind.ACCOUNT, account.name)
        granted = held_by(services, transaction, ClientKind.TEAM, account.team, subject)
        account = replace(account, roles=(*account.roles, *granted))
        return account, sight_for(services, transaction, actor_of(account, ""))


def actor_of(account: Account, request_id: str) -> Actor:
    """The account as one who asks: for its team, as an administrator, or by its roles alone."""
    kind = ClientKind.ADMIN if account.is_admin else ClientKind.TEAM
    return Actor(
        account_id(account.name),
        kind,
        account.team,
        request_id,
        authentication="session",
        held=account.roles,
    )


def account_id(account: str) -> str:
    """How the audit names a person."""
    return f"account:{account}"


def digest(token: str) -> str:
    """What is stored of a cookie's value."""
    return "sha256:" + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
