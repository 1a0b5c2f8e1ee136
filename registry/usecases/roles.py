"""Grants of roles: given, changed, taken back; and what somebody holds and sees by them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from registry.audit.entries import state_hash
from registry.errors import Conflict, Invalid, NotFound, PreconditionFailed
from registry.model import Actor, ClientKind, rfc3339, storable
from registry.model.access import EVERYWHERE, AccessRole, Grant, Held, Sight, SubjectKind, sight_of
from registry.ports import Transaction
from registry.usecases.environments import known_environment
from registry.usecases.services import Page, Services, administered, demand_administrator, page

IDENTIFIER_BYTES = 6
SNAPSHOT_SCOPE = "registry:snapshot"
LOCAL = Actor("operator", ClientKind.ADMIN, None, "local", authentication="local")
"""Who works on the database itself, from the command line."""


def held_by(
    services: Services,
    transaction: Transaction,
    kind: ClientKind,
    party: str | None,
    subject: tuple[SubjectKind, str],
    scopes: Sequence[str] = (),
) -> tuple[Held, ...]:
    """Roles of a client or an account: its own and its team's, the board's, and a gateway's.

    The board approves whatever there is, so it sees all of it; so does a gateway, which enforces it.
    """
    subjects = [subject]
    if kind is ClientKind.TEAM and party is not None:
        subjects.append((SubjectKind.TEAM, party))
    found = list(transaction.grants.held(subjects, services.clock()))
    if kind is ClientKind.TEAM and party == services.changes.board_team:
        found.append(Held(AccessRole.APPROVER))
    if SNAPSHOT_SCOPE in scopes:
        found.append(Held(AccessRole.READER))
    return tuple(found)


def sight_for(services: Services, transaction: Transaction, actor: Actor) -> Sight:
    """What the actor sees; a consumer sees what the team that owns it sees."""
    if actor.kind is not ClientKind.CONSUMER or actor.party is None:
        return sight_of(actor.party if actor.kind is ClientKind.TEAM else None, actor.roles)
    consumer = transaction.parties.consumer(actor.party)
    if consumer is None:
        return Sight()
    owner = (SubjectKind.TEAM, consumer.owner)
    return sight_of(consumer.owner, held_by(services, transaction, ClientKind.TEAM, consumer.owner, owner))


def add_grant(
    services: Services,
    actor: Actor,
    subject: tuple[SubjectKind, str],
    held: Held,
    expires_at: datetime | None,
) -> Grant:
    """Gives a role; `Conflict` when the subject holds it in that scope already."""
    now = services.clock()
    grant = Grant(
        f"grt_{int(now.timestamp() * 1000):012x}{secrets.token_hex(IDENTIFIER_BYTES)}",
        *subject,
        held,
        now,
        actor.client_id,
        expires_at,
    )
    with services.store.writing() as transaction:
        refuse_grant(services, transaction, actor, grant)
        there = transaction.grants.grants(subject, (EVERYWHERE,), None, services.access.grants_max)
        same = next((one for one in there if one.held == held), None)
        if same is not None:
            raise Conflict(
                "grant_exists", f"{subject[1]} holds that role there by {same.id}; change that one."
            )
        if transaction.grants.count() >= services.access.grants_max:
            raise Conflict("too_many_grants", f"There are {services.access.grants_max} grants already.")
        transaction.grants.add(grant)
        record(services, transaction, actor, None, grant)
    return grant


def refuse_grant(services: Services, transaction: Transaction, actor: Actor, grant: Grant) -> None:
    """A grant is given by who administers all of its scope, to somebody there is, of what there is."""
    demand_administrator(actor, grant.held.scope)
    scope = grant.held.scope
    if grant.expires_at is not None and grant.expires_at <= services.clock():
        raise Invalid("expiry_passed", "expiresAt is not later than now.")
    if scope.environment is not None:
        try:
            known_environment(services, scope.environment)
        except NotFound as error:
            raise Invalid("environment_unknown", error.detail) from None
    if not all(storable(text) for text in (grant.subject, scope.domain or "", scope.contract or "")):
        raise Invalid("text_invalid", "A text of the grant has a character that is not text.")
    known = {
        SubjectKind.TEAM: transaction.parties.team,
        SubjectKind.ACCOUNT: transaction.accounts.account,
        SubjectKind.CLIENT: transaction.clients.client,
    }[grant.subject_kind]
    if known(grant.subject) is None:
        raise Invalid("subject_unknown", f"There is no {grant.subject_kind.value} {grant.subject}.")


def list_grants(
    services: Services,
    actor: Actor,
    subject: tuple[SubjectKind, str] | None,
    after: str | None,
    count: int,
) -> Page[Grant]:
    """By identifier, the oldest first; of one subject, or all. Only what the actor administers."""
    with services.store.reading() as transaction:
        found = transaction.grants.grants(subject, administered(actor), after, count + 1)
    return page(found, count, lambda grant: (grant.id,))


def get_grant(services: Services, actor: Actor, grant_id: str) -> Grant:
    """The grant, or `NotFound`."""
    with services.store.reading() as transaction:
        return known_grant(transaction, actor, grant_id)


def known_grant(transaction: Transaction, actor: Actor, grant_id: str) -> Grant:
    """The grant, or `NotFound`, also for one outside of what the actor administers."""
    grant = transaction.grants.grant(grant_id)
    if grant is None or not any(scope.contains(grant.held.scope) for scope in administered(actor)):
        raise NotFound("grant_not_found", f"There is no grant {grant_id}.")
    return grant


def change_grant(
    services: Services,
    actor: Actor,
    grant_id: str,
    held: Held,
    expires_at: datetime | None,
    expected: Callable[[str], bool],
) -> Grant:
    """Another role, scope or expiry for the same subject; ``expected`` tells whether its tag was seen."""
    with services.store.writing() as transaction:
        before = known_grant(transaction, actor, grant_id)
        demand_administrator(actor, before.held.scope)
        after = replace(before, held=held, expires_at=expires_at)
        refuse_grant(services, transaction, actor, after)
        if not expected(grant_tag(before)) or not transaction.grants.change(after):
            raise unseen(grant_id)
        record(services, transaction, actor, before, after)
    return replace(after, epoch=after.epoch + 1)


def remove_grant(services: Services, actor: Actor, grant_id: str, expected: Callable[[str], bool]) -> None:
    """Takes a role back; it counts no more from the next request on."""
    with services.store.writing() as transaction:
        before = known_grant(transaction, actor, grant_id)
        demand_administrator(actor, before.held.scope)
        if not expected(grant_tag(before)) or not transaction.grants.remove(before):
            raise unseen(grant_id)
        record(services, transaction, actor, before, None)


def unseen(grant_id: str) -> PreconditionFailed:
    """The refusal of a change to what the caller has not read."""
    return PreconditionFailed(
        "precondition_failed", f"{grant_id} is not as If-Match names it: read it again."
    )


def grant_tag(grant: Grant) -> str:
    """Names a grant as it stands."""
    return f"{grant.id}-{grant.epoch}"


def record(
    services: Services, transaction: Transaction, actor: Actor, before: Grant | None, after: Grant | None
) -> None:
    """What was given, changed or taken back, in the audit."""
    one = after or before
    assert one is not None
    done = "added" if before is None else "removed" if after is None else "changed"
    states = {"before": shown(before), "after": shown(after)}
    detail = {name: state for name, state in states.items() if state is not None}
    entry = services.entry(
        actor,
        f"grant.{done}",
        one.id,
        detail=detail,
        before=state_hash(states["before"]) if before else None,
        after=state_hash(states["after"]) if after else None,
    )
    transaction.security.audit(entry)


def shown(grant: Grant | None) -> dict[str, str] | None:
    """A grant for the audit: whom, what, where, until when."""
    if grant is None:
        return None
    scope = {name: value for name, value in asdict(grant.held.scope).items() if value is not None}
    until = {"expiresAt": rfc3339(grant.expires_at)} if grant.expires_at else {}
    return {grant.subject_kind.value: grant.subject, "role": grant.held.role.value, **scope, **until}
