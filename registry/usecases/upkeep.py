"""What nobody uses or looks after: stale versions, orphans, owners that cannot act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.model import rfc3339
from registry.model.graph import InForce, Neglect, NodeId, NodeKind, UpkeepFinding
from registry.usecases.services import Page, Services


@dataclass(frozen=True, slots=True)
class Neglected:
    """A finding before it is put into words, which only those on the page asked for are."""

    kind: Neglect
    node: NodeKind
    name: str
    major: int | None
    owner: str | None
    since: datetime | None
    at: datetime | None = None
    """When the version was to end, or the consumer was registered."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """The order of the list."""
        return (self.kind, self.node, self.name, self.major or 0)


def upkeep(services: Services, days: int, kind: Neglect | None, skip: int, count: int) -> Page[UpkeepFinding]:
    """Findings by kind and name. A call in the last ``days`` days is a sign of life; so is being newer."""
    now = services.clock()
    earliest = now - timedelta(days=days)
    with services.store.reading() as transaction:
        found = [
            finding for one in transaction.graph.in_force() for finding in of_version(one, now, earliest)
        ]
        found += [
            Neglected(Neglect.OWNER_WITHOUT_CLIENTS, NodeKind.TEAM, team, None, team, None)
            for team in transaction.graph.owners_without_clients()
        ]
        found += [
            Neglected(
                Neglect.CONSUMER_NOT_CALLING, NodeKind.CONSUMER, name, None, owner, called_at, registered_at
            )
            for name, owner, registered_at, called_at in transaction.graph.consumers_by_last_call()
            if max(registered_at, called_at or registered_at) < earliest
        ]
    wanted = found if kind is None else [one for one in found if one.kind is kind]
    wanted.sort(key=lambda one: one.key)
    chosen = tuple(worded(one) for one in wanted[skip : skip + count])
    return Page(chosen, (str(skip + count),) if len(wanted) > skip + count else None)


def of_version(one: InForce, now: datetime, earliest: datetime) -> Iterator[Neglected]:
    """What is to be said about one version in force."""
    called_at = one.last_called_at

    def finding(kind: Neglect, at: datetime | None = None) -> Neglected:
        return Neglected(kind, NodeKind.CONTRACT, one.contract, one.major, one.owner, called_at, at)

    if one.sunset_at is not None and one.sunset_at < now:
        yield finding(Neglect.SUNSET_PASSED, one.sunset_at)
    if called_at is None and not one.is_declared:
        if one.published_at < earliest:
            yield finding(Neglect.CONTRACT_WITHOUT_CONSUMER)
    elif max(one.published_at, called_at or one.published_at) < earliest:
        yield finding(Neglect.CONTRACT_NOT_CALLED)


def worded(one: Neglected) -> UpkeepFinding:
    """The finding with its sentence."""
    name = f"{one.name} v{one.major}"
    moment = rfc3339(one.at) if one.at else ""
    detail = {
        Neglect.SUNSET_PASSED: f"{name} was to end at {moment} and is not retired.",
        Neglect.CONTRACT_WITHOUT_CONSUMER: (
            f"{name} has never been called and no consumer declares its use."
        ),
        Neglect.CONTRACT_NOT_CALLED: f"{name} has {last(one.since)}.",
        Neglect.OWNER_WITHOUT_CLIENTS: (
            f"{one.name} owns contracts and has no client, so only the administrator can publish for it."
        ),
        Neglect.CONSUMER_NOT_CALLING: f"{one.name} has {last(one.since)} and was registered at {moment}.",
    }[one.kind]
    return UpkeepFinding(one.kind, NodeId(one.node, one.name), one.major, one.owner, detail, one.since)


def last(at: datetime | None) -> str:
    """The last call in words."""
    return f"had its last call at {rfc3339(at)}" if at else "had no call"
