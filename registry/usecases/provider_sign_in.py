"""Signing in by way of an OpenID provider: the attempt, the answer, and what the person may do here.

State, nonce and code verifier are drawn for each attempt and kept here; the browser that began holds a cookie
without which nobody goes on with it (RFC 9700 section 4.7). An attempt is good for one answer.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from registry.config import OidcPolicy
from registry.errors import NotAllowed, Overloaded, Unauthenticated
from registry.model import Account, AuditEntry, Held, SignInAttempt, storable
from registry.ports import Transaction
from registry.ports.identity import IdentityProvider
from registry.usecases.accounts import digest, new_session, refused_sign_in
from registry.usecases.denials import DenialLog
from registry.usecases.services import Services

RANDOM_BYTES = 32
NO_PASSWORD = "!"  # noqa: S105 - the hash of no password
TITLE_CHARS_MAX = 200
TITLE_CLAIMS = ("name", "preferred_username", "email")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps until it is back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What came back with the browser: the parameters of the address, and its cookie."""

    state: str
    code: str
    issuer: str | None
    cookie: str


@dataclass(frozen=True, slots=True)
class Place:
    """What the provider's groups give a person here."""

    team: str | None
    is_admin: bool
    roles: tuple[Held, ...]


def begin(
    services: Services, policy: OidcPolicy, provider: IdentityProvider, wanted: str, redirect_uri: str
) -> Begun:
    """An attempt that ends within minutes; `Overloaded` while too many wait."""
    now = services.clock()
    state, nonce, verifier, cookie = (secrets.token_urlsafe(RANDOM_BYTES) for _ in range(4))
    expires_at = now + timedelta(seconds=policy.attempt_lifetime_s)
    url = provider.authorization_url(state, nonce, verifier, redirect_uri)
    with services.store.writing() as transaction:
        transaction.accounts.forget_attempts(now)
        if transaction.accounts.attempts() >= policy.attempts_max:
            raise Overloaded("sign_ins_waiting", "Too many are signing in; try again.")
        transaction.accounts.begin(SignInAttempt(bound(state, cookie), nonce, verifier, wanted, expires_at))
    return Begun(url, cookie)


def bound(state: str, cookie: str) -> str:
    """What is kept of an attempt: neither the state nor the cookie alone leads to it."""
    return digest(f"{state}.{cookie}")


def finish(
    services: Services,
    policy: OidcPolicy,
    provider: IdentityProvider,
    denials: DenialLog,
    answer: ProviderAnswer,
    redirect_uri: str,
    request_id: str,
) -> tuple[str, str]:
    """The value of a new session's cookie, and the page that was wanted.

    `Unauthenticated` when the provider's word does not count, `NotAllowed` when it gives nothing here.
    """
    try:
        attempt = taken(services, answer)
        issuer = policy.metadata_url.removesuffix("/.well-known/openid-configuration")
        if answer.issuer not in (None, issuer):  # RFC 9207
            raise Unauthenticated("sign_in_refused", "The answer is that of another provider; try again.")
        now = services.clock()
        claims = provider.person(answer.code, attempt.verifier, attempt.nonce, redirect_uri, now)
        with services.store.writing() as transaction:
            account = settled(services, policy, transaction, issuer, claims, request_id)
            token = new_session(services, transaction, account, request_id, "oidc")
        return token, attempt.wanted
    except (Unauthenticated, NotAllowed):
        refused_sign_in(services, denials, "(provider)", request_id, "oidc")
        raise


def taken(services: Services, answer: ProviderAnswer) -> SignInAttempt:
    """The attempt, used up."""
    with services.store.writing() as transaction:
        attempt = transaction.accounts.take_attempt(bound(answer.state, answer.cookie))
    if attempt is None or attempt.expires_at <= services.clock():
        raise Unauthenticated("sign_in_refused", "This sign-in has ended or was not begun here; try again.")
    return attempt


def settled(
    services: Services,
    policy: OidcPolicy,
    transaction: Transaction,
    issuer: str,
    claims: Mapping[str, Any],
    request_id: str,
) -> Account:
    """The person's account, made at the first sign-in, with team and roles as the groups have them now."""
    place = place_of(policy, transaction, groups_of(policy, claims))
    if place.team is None and not place.is_admin and not place.roles:
        raise NotAllowed("no_role", "None of your groups has anything to do here; ask the administrator.")
    subject = str(claims["sub"])
    found = transaction.accounts.person(issuer, subject)
    if found is not None and not found[1]:
        raise NotAllowed("account_withdrawn", "Your account was withdrawn; ask the administrator.")
    title = title_of(claims)
    if found is not None:
        account = replace(found[0], title=title, team=place.team, is_admin=place.is_admin, roles=place.roles)
        transaction.accounts.update_person(account)
        return account
    digested = hashlib.sha256(f"{issuer}\n{subject}".encode("utf-8", "surrogatepass")).hexdigest()
    now = services.clock()
    account = Account(
        f"sso-{digested[:24]}",
        title,
        place.team,
        NO_PASSWORD,
        now,
        place.is_admin,
        issuer,
        subject,
        place.roles,
    )
    if not storable(subject):
        raise Unauthenticated("sign_in_refused", "The provider's name for you is no text.")
    transaction.accounts.add_account(account)
    detail = {"team": place.team, "issuer": issuer}
    transaction.security.audit(
        AuditEntry(now, "portal", "account.added", account.name, request_id, place.team, detail)
    )
    return account


def groups_of(policy: OidcPolicy, claims: Mapping[str, Any]) -> list[str]:
    """The groups that the provider names; one alone may be a text."""
    given = claims.get(policy.groups_claim, [])
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return [one for one in listed[: policy.groups_max] if isinstance(one, str)]


def place_of(policy: OidcPolicy, transaction: Transaction, groups: Sequence[str]) -> Place:
    """What the groups give; a team that is not registered here gives nothing."""
    teams = (team for group, team in policy.teams.items() if group in groups)
    team = next((one for one in teams if transaction.parties.team(one) is not None), None)
    is_admin = any(group in policy.administrators for group in groups)
    roles = tuple(held for group, given in policy.roles.items() if group in groups for held in given)
    return Place(None if is_admin else team, is_admin, roles)


def title_of(claims: Mapping[str, Any]) -> str:
    """What the person is called on pages."""
    said = (claims.get(name) for name in TITLE_CLAIMS)
    named = (one.strip()[:TITLE_CHARS_MAX] for one in said if isinstance(one, str) and one.strip())
    return next((one for one in named if storable(one)), "a person without a name")
