"""What nobody uses or looks after: stale versions, orphans, owners that cannot act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from registry.model import rfc3339
from registry.model.graph import InForce, Neglect, NodeId, NodeKind, UpkeepFinding
from registry.usecases.services import Page, Services


def upkeep(services: Services, days: int, kind: Neglect | None, skip: int, count: int) -> Page[UpkeepFinding]:
    """Findings by kind and name. A call in the last ``days`` days is a sign of life; so is being newer."""
    now = services.clock()
    earliest = now - timedelta(days=days)
    with services.store.reading() as transaction:
        found = [
            finding for one in transaction.graph.in_force() for finding in of_version(one, now, earliest)
        ]
        found += [
            UpkeepFinding(
                Neglect.OWNER_WITHOUT_CLIENTS,
                NodeId(NodeKind.TEAM, team),
                None,
                team,
                f"{team} owns contracts and has no client, so only the administrator can publish for it.",
            )
            for team in transaction.graph.owners_without_clients()
        ]
        for name, owner, registered_at, called_at in transaction.graph.consumers_by_last_call():
            if max(registered_at, called_at or registered_at) < earliest:
                detail = f"{name} has {last(called_at)} and was registered at {rfc3339(registered_at)}."
                subject = NodeId(NodeKind.CONSUMER, name)
                found.append(
                    UpkeepFinding(Neglect.CONSUMER_NOT_CALLING, subject, None, owner, detail, called_at)
                )
    wanted = [finding for finding in found if kind is None or finding.kind is kind]
    wanted.sort(key=lambda one: (one.kind.value, str(one.subject), one.major or 0))
    chosen = tuple(wanted[skip : skip + count])
    return Page(chosen, (str(skip + count),) if len(wanted) > skip + count else None)


def of_version(one: InForce, now: datetime, earliest: datetime) -> Iterator[UpkeepFinding]:
    """What is to be said about one version in force."""
    subject = NodeId(NodeKind.CONTRACT, one.contract)
    name = f"{one.contract} v{one.major}"
    if one.sunset_at is not None and one.sunset_at < now:
        detail = f"{name} was to end at {rfc3339(one.sunset_at)} and is not retired."
        yield UpkeepFinding(Neglect.SUNSET_PASSED, subject, one.major, one.owner, detail, one.last_called_at)
    if one.last_called_at is None and not one.is_declared:
        if one.published_at < earliest:
            detail = f"{name} has never been called and no consumer declares its use."
            yield UpkeepFinding(
                Neglect.CONTRACT_WITHOUT_CONSUMER, subject, one.major, one.owner, detail, None
            )
    elif max(one.published_at, one.last_called_at or one.published_at) < earliest:
        detail = f"{name} has {last(one.last_called_at)}."
        yield UpkeepFinding(
            Neglect.CONTRACT_NOT_CALLED, subject, one.major, one.owner, detail, one.last_called_at
        )


def last(at: datetime | None) -> str:
    """The last call in words."""
    return f"had its last call at {rfc3339(at)}" if at else "had no call"
