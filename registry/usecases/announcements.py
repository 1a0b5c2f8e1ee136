"""Announcing what happens: the event and its deliveries are written in the transaction of the change.

Nothing is sent here. What is committed is delivered later by a worker (`registry.delivery`), and what is
rolled back was never announced (transactional outbox).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from registry.model import (
    Actor,
    ChangeRequest,
    ChangeState,
    ClientKind,
    Contract,
    EntryKind,
    Lifecycle,
    State,
    Version,
    rfc3339,
)
from registry.model.access import KNOWN, SubjectKind, sight_of
from registry.model.webhooks import Event, EventType, Webhook, WebhookState
from registry.ports import Transaction
from registry.usecases.roles import held_by
from registry.usecases.services import Services

IDENTIFIER_BYTES = 6
NAMES_MAX = 100
"""Consumers named in one event; the report has all of them."""
ITSELF = Actor("registry", ClientKind.ADMIN, None, "registry", authentication="local")
"""The registry, when it does something by itself."""
LIFECYCLE_EVENTS = {
    State.PUBLISHED: EventType.VERSION_REINSTATED,
    State.DEPRECATED: EventType.VERSION_DEPRECATED,
    State.SUNSET: EventType.VERSION_SUNSET,
    State.RETIRED: EventType.VERSION_RETIRED,
}


def announce(
    services: Services,
    transaction: Transaction,
    type_: EventType,
    subject: str,
    data: Mapping[str, Any],
    *,
    contract: Contract | None = None,
    teams: Sequence[str] = (),
    asked: Collection[str] = (),
) -> None:
    """Writes the event with a delivery to each active webhook that wants it; ``teams`` addresses it.

    A team is told of contracts that it sees, and of change requests that it is ``asked`` about.
    """
    event = event_of(services, type_, subject, data, contract, teams)
    active = transaction.webhooks.in_state(WebhookState.ACTIVE, None)
    wanting = [webhook for webhook in active if webhook.wants(event)]
    owners = {webhook.owner for webhook in wanting} - set(asked)
    blind = {team for team in owners if not sees(services, transaction, team, contract)}
    send(services, transaction, event, [webhook for webhook in wanting if webhook.owner not in blind])


def sees(services: Services, transaction: Transaction, team: str, contract: Contract | None) -> bool:
    """Whether a team may know of the contract that an event is about."""
    if contract is None or KNOWN.sees(contract):
        return True
    held = held_by(services, transaction, ClientKind.TEAM, team, (SubjectKind.TEAM, team))
    return sight_of(team, held).sees(contract)


def send(services: Services, transaction: Transaction, event: Event, webhooks: Sequence[Webhook]) -> None:
    """Writes an event with its deliveries; a webhook that has too much to come is disabled instead."""
    most = services.webhooks.pending_per_webhook_max
    taking = []
    for webhook in webhooks:
        if transaction.deliveries.pending(webhook.id, most) < most:
            taking.append(webhook.id)
        else:
            disable(services, transaction, webhook, f"{most} deliveries wait for it.")
    if taking:
        transaction.deliveries.add_event(event, taking)


def disable(services: Services, transaction: Transaction, webhook: Webhook, reason: str) -> None:
    """Stops sending to a webhook; its team finds a notice, and the audit an entry."""
    if transaction.webhooks.disable(webhook.id, services.clock(), reason):
        detail = {"owner": webhook.owner, "reason": reason}
        transaction.security.audit(services.entry(ITSELF, "webhook.disabled", webhook.id, detail=detail))


def event_of(
    services: Services,
    type_: EventType,
    subject: str,
    data: Mapping[str, Any],
    contract: Contract | None = None,
    teams: Sequence[str] = (),
) -> Event:
    """The CloudEvent 1.0 in structured mode, as one line of JSON."""
    at = services.clock()
    identifier = f"evt_{int(at.timestamp() * 1000):012x}{secrets.token_hex(IDENTIFIER_BYTES)}"
    envelope = {
        "specversion": "1.0",
        "id": identifier,
        "source": services.source,
        "type": f"registry.{type_.value}.v1",
        "subject": subject,
        "time": rfc3339(at),
        "datacontenttype": "application/json",
        "data": dict(data),
    }
    body = json.dumps(envelope, ensure_ascii=True, separators=(",", ":"))
    name, domain = (contract.name, contract.domain) if contract else (None, None)
    return Event(identifier, type_, at, body, name, domain, tuple(teams))


def announce_published(
    services: Services, transaction: Transaction, contract: Contract, version: Version, change: str | None
) -> None:
    """A version is in force."""
    report = version.report or {}
    data = {
        "contract": version.contract,
        "version": str(version.number),
        "owner": version.owner,
        "domain": contract.domain,
        "layer": contract.layer,
        "sha256": version.sha256,
        "bundleSha256": version.bundle_sha256,
        "verdict": report.get("verdict"),
        "reportDigest": report.get("digest"),
        "change": change,
    }
    subject = f"{version.contract}/{version.number}"
    announce(services, transaction, EventType.VERSION_PUBLISHED, subject, data, contract=contract)


def announce_refused(
    services: Services,
    transaction: Transaction,
    contract_name: str,
    code: str,
    report: Mapping[str, Any] | None,
) -> None:
    """A publication was judged and refused; refusals for other reasons concern nobody but their author."""
    contract = transaction.whole.catalog.contract(contract_name)
    if report is None or contract is None:
        return
    affected = {
        str(impact["consumer"])
        for finding in report.get("findings", ())
        for impact in finding.get("consumers", ())
        if impact.get("status") != "UNAFFECTED"
    }
    data = {
        "contract": contract.name,
        "version": report["after"].get("version"),
        "against": report["before"].get("version"),
        "owner": contract.owner,
        "code": code,
        "verdict": report["verdict"],
        "findings": {
            level: report.get("summary", {}).get(level, 0) for level in ("breaking", "unknown", "info")
        },
        "consumers": sorted(affected)[:NAMES_MAX],
        "reportDigest": report.get("digest"),
    }
    subject = f"{contract.name}/{data['version']}"
    announce(services, transaction, EventType.VERSION_REFUSED, subject, data, contract=contract)


def announce_lifecycle(
    services: Services,
    transaction: Transaction,
    contract: Contract,
    major: int,
    before: Lifecycle,
    after: Lifecycle,
) -> None:
    """The state of a major version is another, or the dates of one that ends are.

    Dates of a version that is not deprecated yet come with a plan, which tells of them itself.
    """
    if before == after or (before.state is State.PUBLISHED and after.state is State.PUBLISHED):
        return
    data = {
        "contract": contract.name,
        "major": major,
        "owner": contract.owner,
        "before": before.state.value,
        "after": after.state.value,
        "deprecatedAt": rfc3339(after.deprecated_at) if after.deprecated_at else None,
        "sunsetAt": rfc3339(after.sunset_at) if after.sunset_at else None,
        "successor": after.successor,
    }
    subject = f"{contract.name}/v{major}"
    announce(services, transaction, LIFECYCLE_EVENTS[after.state], subject, data, contract=contract)


def announce_change(
    services: Services, transaction: Transaction, change: ChangeRequest, kind: EntryKind
) -> None:
    """What teams have to do about a change request, or how it was decided."""
    contract = transaction.whole.catalog.contract(change.contract)
    asked = sorted({one.team for one in change.assessment.requirements})
    concerned = {*asked, *([change.author_team] if change.author_team else [])}
    data = {
        "change": change.id,
        "contract": change.contract,
        "version": str(change.proposal.number),
        "type": change.plan.type.value,
        "title": change.plan.title,
        "state": change.state.value,
        "digest": change.digest,
        "risk": change.assessment.risk["level"],
        "verdict": change.assessment.report["verdict"],
        "authorTeam": change.author_team,
        "requirements": [
            {"team": one.team, "role": one.role.value, "reason": one.reason}
            for one in change.assessment.requirements
        ],
        "expiresAt": rfc3339(change.expires_at),
    }
    is_new = kind in (EntryKind.OPENED, EntryKind.REVISED)
    if is_new and change.state is ChangeState.OPEN:
        announce(
            services,
            transaction,
            EventType.APPROVAL_NEEDED,
            change.id,
            data,
            contract=contract,
            teams=asked,
            asked=concerned,
        )
    elif change.state is not ChangeState.OPEN:
        announce(
            services,
            transaction,
            EventType.CHANGE_DECIDED,
            change.id,
            data,
            contract=contract,
            asked=concerned,
        )
