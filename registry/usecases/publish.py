"""Publishing a version: read, decide, store. Nothing is stored unless every rule holds.

Reading and judging take long and hold no lock. What they were based on is checked again when the version is
written: the contract's epoch must be the one that was read (optimistic lock), so of two concurrent
publications of a contract one is stored and the other is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.errors import (
    Conflict,
    Contention,
    Invalid,
    RegistryError,
    StorageFull,
    StoreUnavailable,
)
from registry.model import (
    Actor,
    AuditOutcome,
    ChangeRequest,
    Lifecycle,
    Submission,
    Verb,
    Version,
    VersionState,
    semantic_version,
)
from registry.ports import Judgement, ReadContract
from registry.usecases import judging
from registry.usecases.announcements import announce_refused
from registry.usecases.candidates import Candidate
from registry.usecases.changes_use import approved_change
from registry.usecases.governance import governing
from registry.usecases.policy_judging import judge_publication
from registry.usecases.publication_rules import (
    bases_of,
    permission,
    refuse_by_judgement,
    refuse_by_promise,
    refuse_by_schema_id,
    refuse_by_state,
    situation_of,
)
from registry.usecases.publication_writing import Decision, after, version_of, write
from registry.usecases.services import Services, permitted


@dataclass(frozen=True, slots=True)
class Published:
    """The version, and whether this request put it in force."""

    version: VersionState
    created: bool


def publish(
    services: Services, actor: Actor, contract_name: str, submission: Submission, *, dry_run: bool
) -> Published:
    """Puts a version in force, or says why not: `NotAllowed`, `Conflict` (with the report), `Invalid`.

    The same content again is the version already there. A refusal is written to the audit before it is
    answered; a dry run asks for nothing and leaves no trace.
    """
    with services.turns.take():
        try:
            return decide(services, actor, contract_name, submission, dry_run=dry_run)
        except RegistryError as refusal:
            refusal.audited = True
            if not dry_run and not isinstance(refusal, (StorageFull, StoreUnavailable)):
                audit_refusal(services, actor, contract_name, submission, refusal)
            raise


def audit_refusal(
    services: Services, actor: Actor, contract_name: str, submission: Submission, refusal: RegistryError
) -> None:
    """In a transaction of its own; where the store is too busy for it, `Contention` asks to come again."""
    detail = {"code": refusal.code, "sha256": submission.document.sha256}
    with services.store.writing() as transaction:
        transaction.security.audit(
            services.entry(
                actor,
                "contract.publication_refused",
                contract_name,
                detail=detail,
                outcome=AuditOutcome.DENIED,
            )
        )
        announce_refused(services, transaction, contract_name, refusal.code, refusal.report)


def decide(
    services: Services, actor: Actor, contract_name: str, submission: Submission, *, dry_run: bool
) -> Published:
    """Reads, decides and stores; tried once, since what a second try would find is another publication."""
    refuse_stranger(services, actor, contract_name)
    read = services.reader.read(submission, governing(services))
    if read.identity.name != contract_name:
        raise Invalid(
            "name_mismatch", f"The document is {read.identity.name}; it was sent to {contract_name}."
        )
    decided = decision_of(services, actor, read, submission)
    if isinstance(decided, Published):
        return decided
    version = decided.version
    if not dry_run:
        try:
            with services.store.writing() as transaction:
                version = write(services, transaction, actor, decided)
                transaction.advance_revision()
        except Contention:
            return overtaken(services, read, decided)
    return Published(VersionState(version, decided.situation.lifecycle), created=not dry_run)


def overtaken(services: Services, read: ReadContract, decided: Decision) -> Published:
    """The version that another request published with the same content; `Contention` names the winner."""
    name = read.identity.name
    with services.store.reading() as transaction:
        there = transaction.catalog.version(name, semantic_version(read.version))
        if there is not None and there.bundle_sha256 == read.bundle_sha256:
            lifecycle = transaction.catalog.lifecycle(name, there.number.major)
            return Published(VersionState(there, lifecycle), created=False)
        newest = transaction.catalog.newest(name)
    what = f"{name} or the database was changed by another request meanwhile"
    if newest is not None and newest.number not in decided.situation.numbers:
        what = f"{name} {newest.number} was published meanwhile by {newest.published_by}"
    raise Contention("publish_conflict", f"{what}; publish again, to be judged by what is there.")


def refuse_stranger(services: Services, actor: Actor, contract_name: str) -> None:
    """Before the costly part: a contract that exists is published by its owner."""
    with services.store.reading() as transaction:
        contract = transaction.catalog.contract(contract_name)
        if contract is None and transaction.whole.catalog.contract(contract_name) is not None:
            raise Conflict("name_taken", f"The name {contract_name} cannot be used.")
    if contract is not None:
        permitted(actor, Verb.PUBLISH, contract)


def decision_of(
    services: Services,
    actor: Actor,
    read: ReadContract,
    submission: Submission,
    earlier: Decision | None = None,
) -> Decision | Published:
    """May it be published, by what is there now? The version there is when the content is the same.

    ``earlier`` is what the same request publishes before it: a lower major version of the same contract.
    """
    number = semantic_version(read.version)
    with services.store.reading() as transaction:
        candidate = Candidate(read, number, permission(transaction, actor, read.identity))
        situation = situation_of(transaction, read, number)
        if situation.same_number is not None:
            return repeated(situation.same_number, situation.lifecycle, read)
        if earlier is not None:
            situation = after(earlier, situation, number.major)
        refuse_by_state(transaction, situation, candidate)
        refuse_by_schema_id(transaction, candidate)
        refuse_by_promise(services, transaction, situation, candidate)
        bases, left_out = bases_of(services, transaction, situation, number)
    judgement, change = None, None
    previous, contract = situation.previous, situation.contract
    if previous is not None and contract is not None:
        if previous.number.major == number.major:
            policy = contract.compatibility
            judgement = judge_publication(services, policy, bases, candidate, submission, left_out)
            change = authorisation(services, previous, candidate, judgement)
        else:
            documents = situation.previous_documents
            before = (
                judging.submitted(services, documents) if documents else judging.published(services, previous)
            )
            judgement = judging.judged(services, before, judging.read(submission, read), bases[0].usage)
    version = version_of(services, actor, candidate, submission, judgement)
    facts = services.reader.facts(read.model)
    return Decision(situation, candidate, version, submission, facts, change)


def repeated(there: Version, lifecycle: Lifecycle, read: ReadContract) -> Published:
    """The version already there when the content is the same; `Conflict` when it is not."""
    if there.bundle_sha256 == read.bundle_sha256:
        return Published(VersionState(there, lifecycle), created=False)
    raise Conflict(
        "version_exists",
        f"{there.contract} {there.number} is published with other content; versions never change. "
        "Raise info.version.",
    )


def authorisation(
    services: Services, previous: Version, candidate: Candidate, judgement: Judgement
) -> ChangeRequest | None:
    """The approved change request that lets the version pass, None where it passes by itself."""
    try:
        refuse_by_judgement(services, previous, candidate, judgement)
    except Conflict:
        read = candidate.read
        change = approved_change(services, read.identity.name, read.bundle_sha256, previous, judgement.report)
        if change is None:
            raise
        return change
    return None
