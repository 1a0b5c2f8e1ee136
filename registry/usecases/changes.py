"""Opening and revising change requests: the way of a change that the compatibility rule refuses.

Judging takes long and holds no lock. What it was based on is checked again when the version is published.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from registry.errors import Conflict, Contention, Invalid, NotAllowed, PreconditionFailed
from registry.model import (
    Actor,
    Assessment,
    ChangeEntry,
    ChangePlan,
    ChangeRequest,
    ChangeState,
    ChangeType,
    ClientKind,
    DocumentReference,
    EntryKind,
    Proposal,
    Submission,
    Verb,
    Version,
    semantic_version,
    tests_said,
)
from registry.ports import Judgement, Transaction
from registry.usecases.announcements import announce_change
from registry.usecases.candidates import Candidate
from registry.usecases.changes_assessment import (
    affected_names,
    backout_of,
    consumers_of,
    digest_of,
    eyes_of,
    requirements_of,
    risk_of,
)
from registry.usecases.changes_reading import added, known_change, locked_change
from registry.usecases.environments import evidence_for, known_environment
from registry.usecases.governance import governing
from registry.usecases.judging import judged as judged_pair
from registry.usecases.judging import published, read
from registry.usecases.policy_judging import judge_publication
from registry.usecases.publication_rules import (
    bases_of,
    refuse_by_schema_id,
    refuse_by_state,
    situation_of,
)
from registry.usecases.services import Services, known_contract, permitted

IDENTIFIER_BYTES = 6


@dataclass(frozen=True, slots=True)
class Opened:
    """The request, and whether this call made it."""

    change: ChangeRequest
    created: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposal with the judgement of the way there and of the way back."""

    owner: str
    previous: Version
    candidate: Candidate
    forth: Judgement
    back: Judgement
    layers: dict[str, str]
    tests: str


def open_change(
    services: Services, actor: Actor, contract_name: str, submission: Submission, plan: ChangePlan
) -> Opened:
    """Asks for a change of a contract; any team may. The same change asked for again is the one there is.

    Raises `Conflict` where no change request helps: a number that is taken, a type that does not fit.
    """
    for environment in plan.environments:
        known_environment(services, environment)
    with services.store.reading() as transaction:
        permitted(actor, Verb.PROPOSE, known_contract(transaction, contract_name))
    with services.turns.take():
        judged = judge(services, contract_name, submission)
    now = services.clock()
    change = drafted(services, actor, judged, submission, plan, now)
    content = {document.sha256: document.raw for document in submission.documents}
    try:
        with services.store.writing() as transaction:
            transaction.changes.expire(now)
            live = transaction.changes.live(contract_name, services.changes.open_per_contract_max)
            same = next((one for one in live if one.digest == change.digest), None)
            if same is not None:
                return Opened(same, created=False)
            if len(live) >= services.changes.open_per_contract_max:
                raise Conflict(
                    "too_many_changes",
                    f"{contract_name} has {len(live)} open change requests; withdraw one first.",
                )
            transaction.changes.add(change, content)
            record(services, transaction, actor, change, EntryKind.OPENED, None)
            return Opened(known_change(transaction, change.id, now), created=True)
    except Contention:
        with services.store.reading() as transaction:
            live = transaction.changes.live(contract_name, services.changes.open_per_contract_max)
        same = next((one for one in live if one.digest == change.digest), None)
        if same is None:
            raise
        return Opened(same, created=False)


def revise_change(
    services: Services,
    actor: Actor,
    change_id: str,
    submission: Submission,
    plan: ChangePlan,
    expected: Callable[[str], bool],
) -> ChangeRequest:
    """Another proposal or plan under the same request; approvals of what it was before count no more.

    ``expected`` tells whether the caller saw the request with this tag; `PreconditionFailed` when not.
    """
    with services.store.reading() as transaction:
        known = known_change(transaction, change_id, services.clock())
    refuse_other_author(actor, known)
    for environment in plan.environments:
        known_environment(services, environment)
    contract_name = known.contract
    with services.turns.take():
        judged = judge(services, contract_name, submission)
    now = services.clock()
    wanted = drafted(services, actor, judged, submission, plan, now)
    content = {document.sha256: document.raw for document in submission.documents}
    with services.store.writing() as transaction:
        there = locked_change(transaction, change_id, now)
        if not expected(change_tag(there)):
            raise PreconditionFailed(
                "precondition_failed", f"{change_id} is not as If-Match names it: read it again."
            )
        if there.state in (ChangeState.IMPLEMENTED, ChangeState.WITHDRAWN):
            raise Conflict("change_closed", f"{change_id} is {there.state.value} and stays so.")
        revised = replace(
            wanted,
            id=there.id,
            opened_at=there.opened_at,
            authors=tuple(dict.fromkeys((*there.authors, actor.client_id))),
            author_team=there.author_team,
            epoch=there.epoch,
        )
        transaction.changes.update(revised, content)
        record(services, transaction, actor, revised, EntryKind.REVISED, None)
        return known_change(transaction, change_id, now)


def refuse_other_author(actor: Actor, change: ChangeRequest) -> None:
    """A request is revised and withdrawn by the team that made it, or by the administrator."""
    mine = change.author_team is not None and actor.acts_for(change.author_team)
    if not mine and not actor.is_admin:
        raise NotAllowed("not_author", f"{change.id} was opened by {change.author_team or 'somebody else'}.")


def judge(services: Services, contract_name: str, submission: Submission) -> Judged:
    """Reads the proposal and judges it both ways; refuses what no approval can make right."""
    contract_read = services.reader.read(submission, governing(services))
    if contract_read.identity.name != contract_name:
        raise Invalid(
            "name_mismatch", f"The document is {contract_read.identity.name}; it was sent to {contract_name}."
        )
    number = semantic_version(contract_read.version)
    with services.store.reading() as transaction:
        contract = known_contract(transaction, contract_name)
        if contract_read.identity.owner != contract.owner:
            raise Conflict("owner_changed", f"{contract.name} belongs to {contract.owner}.")
        situation = situation_of(transaction, contract_read, number)
        candidate = Candidate(contract_read, number, None)
        if situation.same_number is not None:
            raise Conflict("version_exists", f"{contract_name} {number} is published already.")
        refuse_by_state(transaction, situation, candidate)
        refuse_by_schema_id(transaction, candidate)
        previous = situation.previous
        if previous is None or previous.number.major != number.major:
            raise Conflict(
                "change_not_needed", f"{number} is the first of its major version: publish it as it is."
            )
        bases, left_out = bases_of(services, transaction, situation, number)
    before, after = published(services, previous), read(submission, contract_read)
    forth = judge_publication(services, contract.compatibility, bases, candidate, submission, left_out)
    if forth.verdict == "compatible" and not forth.bump_sufficient:
        raise Conflict(
            "version_bump_too_small",
            f"The change from {previous.number} to {number} needs a {forth.bump_required} version.",
            report=forth.report,
        )
    with services.store.reading() as transaction:
        layers = layers_of(transaction, affected_names(forth.report))
        evidence = evidence_for(services, transaction, contract_name, contract_read.bundle_sha256)
    back = judged_pair(services, after, before, ())
    return Judged(contract.owner, previous, candidate, forth, back, layers, tests_said(evidence))


def layers_of(transaction: Transaction, names: list[str]) -> dict[str, str]:
    """The layer of each registered consumer; one of the process layer is a workflow."""
    found = ((name, transaction.parties.consumer(name)) for name in names)
    return {name: consumer.layer for name, consumer in found if consumer is not None}


def drafted(
    services: Services,
    actor: Actor,
    judged: Judged,
    submission: Submission,
    plan: ChangePlan,
    now: datetime,
) -> ChangeRequest:
    """The request as it would be stored; a standard change is approved as it is made."""
    read, policy = judged.candidate.read, services.changes
    references = tuple(DocumentReference(document.uri, document.sha256) for document in submission.documents)
    proposal = Proposal(
        number=judged.candidate.number,
        bundle_sha256=read.bundle_sha256,
        documents=references,
        before=judged.previous.number,
        before_bundle_sha256=judged.previous.bundle_sha256,
    )
    consumers = consumers_of(judged.forth.report, judged.layers)
    backout = backout_of(str(judged.previous.number), judged.back.report, plan.backout)
    risk = risk_of(judged.forth.report, consumers, backout, judged.tests)
    if plan.type is ChangeType.STANDARD:
        refuse_standard(judged)
    standard = plan.type is ChangeType.STANDARD
    lasts = (
        timedelta(hours=policy.emergency_expires_after_hours)
        if plan.type is ChangeType.EMERGENCY
        else timedelta(days=policy.expires_after_days)
    )
    return ChangeRequest(
        id=f"chg_{int(now.timestamp() * 1000):012x}{secrets.token_hex(IDENTIFIER_BYTES)}",
        contract=judged.previous.contract,
        owner=judged.owner,
        state=ChangeState.APPROVED if standard else ChangeState.OPEN,
        authors=(actor.client_id,),
        author_team=actor.party if actor.kind is ClientKind.TEAM else None,
        opened_at=now,
        expires_at=now + lasts,
        digest=digest_of(judged.previous.contract, plan, proposal, str(judged.forth.report["digest"])),
        plan=plan,
        proposal=proposal,
        assessment=Assessment(
            report=judged.forth.report,
            consumers=consumers,
            risk=risk,
            requirements=requirements_of(policy, plan.type, judged.owner, consumers, risk["level"]),
            eyes_min=eyes_of(policy, plan.type, risk["level"]),
            backout=backout,
        ),
        approved_at=now if standard else None,
    )


def refuse_standard(judged: Judged) -> None:
    """A standard change is harmless, tested and can be taken back; anything else is decided on."""
    reasons = [
        reason
        for holds, reason in (
            (judged.forth.verdict != "compatible", f"The change is {judged.forth.verdict}."),
            (judged.back.verdict != "compatible", f"Going back is {judged.back.verdict}."),
            (judged.tests != "passed", f"Tests of exactly this content: {judged.tests}."),
        )
        if holds
    ]
    if reasons:
        raise Conflict(
            "change_type_refused",
            f"This is no standard change: {' '.join(reasons)} Ask for a normal one.",
            report=judged.forth.report,
        )


def record(
    services: Services,
    transaction: Transaction,
    actor: Actor,
    change: ChangeRequest,
    kind: EntryKind,
    text: str | None,
) -> ChangeEntry:
    """What happened, in the request's own history and in the audit."""
    team = actor.party if actor.kind is ClientKind.TEAM else None
    entry = ChangeEntry(services.clock(), kind, actor.client_id, team, change.digest, text)
    added(services, transaction, change.id, entry)
    detail = {
        "contract": change.contract,
        "version": str(change.proposal.number),
        "digest": change.digest,
        "bundleSha256": change.proposal.bundle_sha256,
        "state": change.state.value,
    }
    transaction.security.audit(services.entry(actor, f"change.{kind.value}", change.id, detail=detail))
    if kind in (EntryKind.OPENED, EntryKind.REVISED, EntryKind.REJECTED, EntryKind.WITHDRAWN):
        announce_change(services, transaction, change, kind)
    return entry


def change_tag(change: ChangeRequest) -> str:
    """Names a request as it stands: its epoch rises with everything that happens to it."""
    return f"{change.id}-{change.epoch}-{change.state.value}"
