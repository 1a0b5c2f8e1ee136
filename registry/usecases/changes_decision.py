"""Approving, rejecting, commenting on and withdrawing a change request. Each locks the request first."""

from __future__ import annotations

from dataclasses import replace

from registry.errors import Conflict, NotAllowed
from registry.model import LIVE_STATES, Actor, ChangeRequest, ChangeState, EntryKind, Verb
from registry.ports import Transaction
from registry.usecases.announcements import announce_change
from registry.usecases.changes import record, refuse_other_author
from registry.usecases.changes_approval import approvals, missing
from registry.usecases.changes_reading import ChangeView, known_change, locked_change, view
from registry.usecases.services import Services


def approve(services: Services, actor: Actor, change_id: str, digest: str, text: str | None) -> ChangeView:
    """Agrees to exactly what ``digest`` names; the last approval needed makes the request approved.

    The same approval again changes nothing. `NotAllowed` for authors and teams that are not asked,
    `Conflict` when the request was revised meanwhile or is decided.
    """
    with services.store.writing() as transaction:
        change = locked_change(transaction, change_id, services.clock())
        refuse_voter(services, transaction, actor, change)
        entries = transaction.changes.entries(change.id, services.changes.entries_max)
        again = any(one.client_id == actor.client_id for one in approvals(change, entries))
        if digest == change.digest and again and change.state in (*LIVE_STATES, ChangeState.IMPLEMENTED):
            return view(services, transaction, change)
        refuse_decided(change, digest)
        entry = record(services, transaction, actor, change, EntryKind.APPROVED, text)
        if not missing(change, [*entries, entry]):
            change = replace(change, state=ChangeState.APPROVED, approved_at=services.clock())
            transaction.changes.update(change, {})
            announce_change(services, transaction, change, EntryKind.APPROVED)
        return view(services, transaction, known_change(transaction, change_id, services.clock()))


def reject(services: Services, actor: Actor, change_id: str, digest: str, text: str | None) -> ChangeView:
    """Refuses what ``digest`` names, for good: only a revision opens the request again."""
    with services.store.writing() as transaction:
        change = locked_change(transaction, change_id, services.clock())
        refuse_voter(services, transaction, actor, change)
        if digest == change.digest and change.state is ChangeState.REJECTED:
            return view(services, transaction, change)
        refuse_decided(change, digest)
        change = replace(change, state=ChangeState.REJECTED)
        transaction.changes.update(change, {})
        record(services, transaction, actor, change, EntryKind.REJECTED, text)
        return view(services, transaction, known_change(transaction, change_id, services.clock()))


def comment(services: Services, actor: Actor, change_id: str, text: str) -> ChangeView:
    """Says something; the same words of the same client again are said once."""
    with services.store.writing() as transaction:
        change = locked_change(transaction, change_id, services.clock())
        entries = transaction.changes.entries(change.id, services.changes.entries_max)
        said = any(
            one.kind is EntryKind.COMMENTED and one.client_id == actor.client_id and one.text == text
            for one in entries
        )
        if not said:
            record(services, transaction, actor, change, EntryKind.COMMENTED, text)
        return view(services, transaction, known_change(transaction, change_id, services.clock()))


def withdraw(services: Services, actor: Actor, change_id: str, text: str | None) -> ChangeView:
    """Takes the request back, approved or not; one that was used stays used."""
    with services.store.writing() as transaction:
        change = locked_change(transaction, change_id, services.clock())
        refuse_other_author(actor, change)
        if change.state is ChangeState.IMPLEMENTED:
            raise Conflict("change_closed", f"{change.id} is implemented: its version is published.")
        if change.state is not ChangeState.WITHDRAWN:
            change = replace(change, state=ChangeState.WITHDRAWN)
            transaction.changes.update(change, {})
            record(services, transaction, actor, change, EntryKind.WITHDRAWN, text)
        return view(services, transaction, known_change(transaction, change_id, services.clock()))


def refuse_voter(services: Services, transaction: Transaction, actor: Actor, change: ChangeRequest) -> None:
    """Separation of duties: teams that are asked, the board and approvers; never who made the request."""
    if actor.client_id in change.authors:
        raise NotAllowed("author_may_not_decide", f"{actor.client_id} made {change.id}; others decide.")
    asked = {one.team for one in change.assessment.requirements} | {services.changes.board_team}
    contract = transaction.whole.catalog.contract(change.contract)
    by_role = contract is not None and actor.may(Verb.APPROVE, contract)
    if not by_role and not any(actor.acts_for(team) for team in asked):
        raise NotAllowed(
            "not_an_approver", f"{change.id} is decided by {', '.join(sorted(asked))}; not by this client."
        )


def is_decider(services: Services, actor: Actor, change: ChangeRequest) -> bool:
    """Whether the actor may approve or reject it while it is open."""
    with services.store.reading() as transaction:
        try:
            refuse_voter(services, transaction, actor, change)
        except NotAllowed:
            return False
    return True


def refuse_decided(change: ChangeRequest, digest: str) -> None:
    """Only what is open, and only as it was read."""
    if digest != change.digest:
        raise Conflict("change_revised", f"{change.id} was revised since: read it again, then decide.")
    if change.state is not ChangeState.OPEN:
        raise Conflict("change_closed", f"{change.id} is {change.state.value}; only an open one is decided.")
