"""What waits for a team: decisions, its own requests that are decided, versions it calls that end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from registry.model import ChangeRequest, ChangeState, Requirement
from registry.ports import ChangeFilter, Transaction
from registry.usecases.changes_approval import requirements_met
from registry.usecases.changes_reading import as_of
from registry.usecases.ending import Ending
from registry.usecases.services import Services

READ_MAX = 100
"""Change requests of a team that an inbox looks at, in each state."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the team has to agree to: in which capacities, and how far the others are."""

    change: ChangeRequest
    requirements: tuple[Requirement, ...]
    given: int
    needed: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """``asked`` ends soonest first; ``decided`` are the team's own requests with something left to do."""

    asked: tuple[Asked, ...]
    decided: tuple[ChangeRequest, ...]
    ending: tuple[Ending, ...]


def inbox(services: Services, team: str, client_id: str, ending: Sequence[Ending]) -> Inbox:
    """For a member of a team; what it made itself is not for it to decide."""
    now = services.clock()
    with services.store.reading() as transaction:
        open_ones = found(transaction, ChangeState.OPEN, team, now)
        asked = [one for change in open_ones if (one := asked_of(services, transaction, change, team))]
        decided = [
            change
            for state in (ChangeState.APPROVED, ChangeState.REJECTED)
            for change in found(transaction, state, team, now)
            if change.author_team == team and change.expires_at > now
        ]
    waiting = [one for one in asked if client_id not in one.change.authors]
    waiting.sort(key=lambda one: (one.change.expires_at, one.change.id))
    mine = tuple(one for one in ending if any(caller.owner == team for caller in one.callers))
    return Inbox(tuple(waiting), tuple(decided), mine)


def asked_of(services: Services, transaction: Transaction, change: ChangeRequest, team: str) -> Asked | None:
    """None when nothing is asked of the team, or it has agreed already."""
    entries = transaction.changes.entries(change.id, services.changes.entries_max)
    met = requirements_met(change, entries)
    waiting = tuple(one.requirement for one in met if one.by is None and one.requirement.team == team)
    if not waiting:
        return None
    return Asked(change, waiting, sum(one.by is not None for one in met), len(met))


def found(transaction: Transaction, state: ChangeState, team: str, now: datetime) -> list[ChangeRequest]:
    """Requests that concern the team, as of now."""
    rows = transaction.changes.search(ChangeFilter(state=state, team=team), now, None, READ_MAX)
    return [as_of(change, now) for change in rows]


def changes_hitting(services: Services, consumer: str) -> list[ChangeRequest]:
    """Live requests that a consumer is affected by, the oldest first."""
    now = services.clock()
    with services.store.reading() as transaction:
        live = transaction.changes.live(None, services.changes.collisions_read_max)
    return [
        change
        for change in live
        if change.expires_at > now and any(one["consumer"] == consumer for one in change.assessment.consumers)
    ]
