"""The inbox of a team: what it has to do, read from the state of things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from registry.model import Actor, ChangeState, Lifecycle, rfc3339
from registry.model.plans import Notice, NoticeKind, PlanState
from registry.model.webhooks import WebhookState
from registry.ports import ChangeFilter, Transaction
from registry.usecases.changes_approval import requirements_met
from registry.usecases.services import Page, Services, known_team, owner_or_admin


def list_notices(
    services: Services, actor: Actor, team_name: str, kind: NoticeKind | None, skip: int, count: int
) -> Page[Notice]:
    """What is due first comes first; for the team itself and the administrator."""
    with services.store.reading() as transaction:
        team = known_team(transaction, team_name)
        owner_or_admin(actor, team.name, "The inbox")
        found = [one for one in notices_of(services, transaction, team.name) if kind in (None, one.kind)]
    found.sort(key=lambda one: (one.due_at is None, one.due_at or one.since, one.id))
    chosen = tuple(found[skip : skip + count])
    return Page(chosen, (str(skip + count),) if len(found) > skip + count else None)


def notices_of(services: Services, transaction: Transaction, team: str) -> Iterator[Notice]:
    """All of them, in no order."""
    yield from approvals(services, transaction, team)
    yield from deprecations(services, transaction, team)
    yield from drift(services, transaction, team)
    yield from webhooks(transaction, team)


def approvals(services: Services, transaction: Transaction, team: str) -> Iterator[Notice]:
    """Open change requests that wait for this team."""
    wanted = ChangeFilter(state=ChangeState.OPEN, team=team)
    most = services.plans.approvals_read_max
    for change in transaction.changes.search(wanted, services.clock(), None, most):
        entries = transaction.changes.entries(change.id, services.changes.entries_max)
        waiting = [
            met.requirement
            for met in requirements_met(change, entries)
            if met.requirement.team == team and met.by is None
        ]
        if waiting:
            version = f"{change.contract} {change.proposal.number}"
            roles = " and ".join(sorted({one.role.value for one in waiting}))
            yield Notice(
                id=f"approval-{change.id}",
                kind=NoticeKind.APPROVAL,
                title=f"Decide on {version}: {change.plan.title}",
                detail=f"{team} is asked as {roles}: {' '.join(one.reason for one in waiting)}",
                link=f"/changes/{change.id}",
                since=change.opened_at,
                due_at=change.expires_at,
                contract=change.contract,
                major=change.proposal.number.major,
            )


def deprecations(services: Services, transaction: Transaction, team: str) -> Iterator[Notice]:
    """Versions that end and that consumers of the team still call or declare."""
    since = (services.clock() - timedelta(days=services.publishing.retirement_quiet_days)).date()
    called = transaction.inbox.calls_of_team(team, since)
    declared: dict[tuple[str, int], set[str]] = {}
    for one in transaction.inbox.declared_by_team(team):
        declared.setdefault((one.contract, one.major), set()).add(one.consumer)
    concerned = {*called, *declared}
    for contract, major, lifecycle in transaction.inbox.ending({name for name, _ in concerned}):
        key = (contract.name, major)
        if key in concerned:
            calling = called.get(key, {})
            consumers = sorted({*calling, *declared.get(key, set())})
            yield deprecation(transaction, contract.name, major, lifecycle, consumers, calling)


def deprecation(
    transaction: Transaction,
    contract: str,
    major: int,
    lifecycle: Lifecycle,
    consumers: list[str],
    calling: dict[str, datetime],
) -> Notice:
    """One version that ends, with the consumers of the team that have to move."""
    plan = transaction.plans.plan(contract, major)
    active = plan if plan is not None and plan.state is PlanState.ACTIVE else None
    said = transaction.plans.acknowledgements(contract, major) if active else {}
    parts = [
        f"{name} called it last at {rfc3339(calling[name])}." if name in calling else f"{name} declares it."
        for name in consumers
    ]
    if lifecycle.successor:
        parts.append(f"Move to {lifecycle.successor}.")
    if active and active.definition.guide:
        parts.append(active.definition.guide)
    ends = f"ends at {rfc3339(lifecycle.sunset_at)}" if lifecycle.sunset_at else "is deprecated"
    path = f"/contracts/{contract}"
    dates = (active.announced_at if active else None, lifecycle.deprecated_at, lifecycle.sunset_at)
    return Notice(
        id=f"deprecation-{contract}-v{major}",
        kind=NoticeKind.DEPRECATION,
        title=f"{contract} v{major} {ends}",
        detail=" ".join(parts),
        link=f"{path}/deprecation-plans/{major}" if active else path,
        since=next(at for at in dates if at is not None),
        due_at=lifecycle.sunset_at,
        contract=contract,
        major=major,
        consumers=tuple(consumers),
        unacknowledged=tuple(name for name in consumers if name not in said) if active else (),
    )


def drift(services: Services, transaction: Transaction, team: str) -> Iterator[Notice]:
    """Answers off contract that gateways saw lately, one notice for each contract of the team."""
    since = services.clock() - timedelta(days=services.plans.drift_days)
    for contract, answers, operations, first, last in transaction.inbox.drift_of_team(team, since):
        some = "operation" if operations == 1 else "operations"
        yield Notice(
            id=f"drift-{contract}",
            kind=NoticeKind.DRIFT,
            title=f"{contract} answers off contract",
            detail=f"{answers} answers of {operations} {some}, the last at {rfc3339(last)}.",
            link=f"/drift?contract={contract}",
            since=first,
            contract=contract,
        )


def webhooks(transaction: Transaction, team: str) -> Iterator[Notice]:
    """Webhooks that the registry has disabled."""
    for webhook in transaction.webhooks.in_state(WebhookState.DISABLED, team):
        yield Notice(
            id=f"webhook-{webhook.id}",
            kind=NoticeKind.WEBHOOK,
            title=f"Webhook {webhook.id} is disabled",
            detail=f"{webhook.disabled_reason} Repair its receiver and set it active.",
            link=f"/webhooks/{webhook.id}",
            since=webhook.disabled_at or webhook.created_at,
        )
