"""Change requests as they are shown: as of now, with what is missing and what collides with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from registry.errors import Conflict, NotFound
from registry.model import (
    LIVE_STATES,
    ChangeEntry,
    ChangeRequest,
    ChangeState,
    ChangeWindow,
    Freeze,
    Obstacle,
    TestEvidence,
)
from registry.ports import ChangeFilter, Transaction
from registry.usecases.changes_approval import Met, missing, requirements_met
from registry.usecases.environments import evidence_for, standing_freezes
from registry.usecases.services import Page, Services, concealed, page


@dataclass(frozen=True, slots=True)
class Collision:
    """Another live change request that gets in the way, and how."""

    change: str
    contract: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A request with everything that a decision needs."""

    change: ChangeRequest
    entries: tuple[ChangeEntry, ...]
    requirements: tuple[Met, ...]
    missing: tuple[Obstacle, ...]
    collisions: tuple[Collision, ...]
    freezes: tuple[Freeze, ...]
    tests: tuple[TestEvidence, ...]


def get_change(services: Services, change_id: str) -> ChangeView:
    """The request, or `NotFound`."""
    with services.store.reading() as transaction:
        return view(services, transaction, known_change(transaction, change_id, services.clock()))


def view(services: Services, transaction: Transaction, change: ChangeRequest) -> ChangeView:
    """The request within a transaction that is open already."""
    entries = transaction.changes.entries(change.id, services.changes.entries_max)
    others = transaction.changes.live(None, services.changes.collisions_read_max)
    now = services.clock()
    return ChangeView(
        change=change,
        entries=tuple(entries),
        requirements=tuple(requirements_met(change, entries)),
        missing=tuple(missing(change, entries)),
        collisions=tuple(collisions(change, [one for one in others if one.expires_at > now])),
        freezes=tuple(one for one in standing_freezes(services, transaction) if freeze_hits(change, one)),
        tests=tuple(evidence_for(services, transaction, change.contract, change.proposal.bundle_sha256)),
    )


def list_changes(
    services: Services, wanted: ChangeFilter, after: str | None, count: int
) -> Page[ChangeRequest]:
    """The newest first."""
    now = services.clock()
    with services.store.reading() as transaction:
        found = transaction.changes.search(wanted, now, after, count + 1)
    shown = [as_of(change, now) for change in found]
    return page(shown, count, lambda change: (change.id,))


def known_change(transaction: Transaction, change_id: str, now: datetime) -> ChangeRequest:
    """The request as of now, or `NotFound`."""
    found = transaction.changes.change(change_id)
    if found is None:
        there = transaction.whole.changes.change(change_id)
        raise concealed(NotFound("change_not_found", f"There is no change request {change_id}."), there)
    return settled(found, change_id, now)


def locked_change(transaction: Transaction, change_id: str, now: datetime) -> ChangeRequest:
    """The request as of now, which nobody else changes until the transaction ends; or `NotFound`."""
    found = transaction.changes.locked(change_id)
    return settled(found, change_id, now) if found else known_change(transaction, change_id, now)


def settled(change: ChangeRequest | None, change_id: str, now: datetime) -> ChangeRequest:
    """The request as of now; `NotFound` when there is none."""
    if change is None:
        raise NotFound("change_not_found", f"There is no change request {change_id}.")
    return as_of(change, now)


def as_of(change: ChangeRequest, now: datetime) -> ChangeRequest:
    """A live request that nobody used in time is expired, whether or not that is written down yet."""
    if change.state in LIVE_STATES and change.expires_at <= now:
        return replace(change, state=ChangeState.EXPIRED)
    return change


def added(services: Services, transaction: Transaction, change_id: str, entry: ChangeEntry) -> None:
    """Appends to the history; `Conflict` when that is full."""
    held = len(transaction.changes.entries(change_id, services.changes.entries_max))
    if held >= services.changes.entries_max:
        raise Conflict("too_many_entries", f"{change_id} has {held} entries; open another one.")
    transaction.changes.add_entry(change_id, entry)


def collisions(change: ChangeRequest, others: Sequence[ChangeRequest]) -> list[Collision]:
    """Other live requests of the same contract, and those that hit the same consumers in the same window."""
    found = []
    mine = {one["consumer"] for one in change.assessment.consumers}
    for other in others:
        if other.id == change.id:
            continue
        shared = sorted(mine & {one["consumer"] for one in other.assessment.consumers})
        if other.contract == change.contract:
            found.append(Collision(other.id, other.contract, "It changes the same contract."))
        elif shared and change.plan.window.overlaps(other.plan.window):
            reason = f"It hits {', '.join(shared)} in the same window."
            found.append(Collision(other.id, other.contract, reason))
    return found


def freeze_hits(change: ChangeRequest, freeze: Freeze) -> bool:
    """Whether a freeze stops the change at some moment of its window."""
    meant = freeze.environment is None or freeze.environment in change.plan.environments
    return meant and change.plan.window.overlaps(ChangeWindow(freeze.starts_at, freeze.ends_at))
