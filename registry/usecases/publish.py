"""Publishing a version: read, decide, store. Nothing is stored unless every rule holds.

Reading and judging take long and hold no lock. What they were based on is checked again when the version is
written: the contract's epoch must be the one that was read (optimistic lock), so of two concurrent
publications of a contract one is stored and the other is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    ChangeEntry,
    ChangeRequest,
    ClientKind,
    Contract,
    DocumentReference,
    EntryKind,
    KeyPurpose,
    Lifecycle,
    SemanticVersion,
    State,
    Submission,
    Verb,
    Version,
    VersionState,
    highest_of,
    semantic_version,
)
from registry.ports import Judgement, ReadContract, Transaction
from registry.usecases.changes_use import approved_change
from registry.usecases.comparison import stored
from registry.usecases.evidence import evidence_of
from registry.usecases.services import Services, permitted
from registry.vouching import attestation_of


@dataclass(frozen=True, slots=True)
class Published:
    """The version, and whether this request put it in force."""

    version: VersionState
    created: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """What the registry held when the decision was made."""

    contract: Contract | None
    numbers: tuple[SemanticVersion, ...]
    same_number: Version | None
    previous: Version | None
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contract that reads well, under the number it asks for, and for whom it is published."""

    read: ReadContract
    number: SemanticVersion
    on_behalf_of: str | None


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
                audit_refusal(services, actor, contract_name, submission, refusal.code)
            raise


def audit_refusal(
    services: Services, actor: Actor, contract_name: str, submission: Submission, code: str
) -> None:
    """In a transaction of its own; where the store is too busy for it, `Contention` asks to come again."""
    detail = {"code": code, "sha256": submission.document.sha256}
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


def decide(
    services: Services, actor: Actor, contract_name: str, submission: Submission, *, dry_run: bool
) -> Published:
    """Reads, decides and stores; tried once, since what a second try would find is another publication."""
    refuse_stranger(services, actor, contract_name)
    read = services.reader.read(submission)
    if read.identity.name != contract_name:
        raise Invalid(
            "name_mismatch", f"The document is {read.identity.name}; it was sent to {contract_name}."
        )
    try:
        return attempt(services, actor, read, submission, dry_run=dry_run)
    except Contention:
        with services.store.reading() as transaction:
            there = transaction.catalog.version(contract_name, semantic_version(read.version))
            if there is not None and there.bundle_sha256 == read.bundle_sha256:
                lifecycle = transaction.catalog.lifecycle(contract_name, there.number.major)
                return Published(VersionState(there, lifecycle), created=False)
        raise Contention(
            "publish_conflict",
            f"Another version of {contract_name} was published meanwhile; publish again, to be judged by it.",
        ) from None


def refuse_stranger(services: Services, actor: Actor, contract_name: str) -> None:
    """Before the costly part: a contract that exists is published by its owner."""
    with services.store.reading() as transaction:
        contract = transaction.catalog.contract(contract_name)
        if contract is None and transaction.whole.catalog.contract(contract_name) is not None:
            raise Conflict("name_taken", f"The name {contract_name} cannot be used.")
    if contract is not None:
        permitted(actor, Verb.PUBLISH, contract)


def attempt(
    services: Services, actor: Actor, read: ReadContract, submission: Submission, *, dry_run: bool
) -> Published:
    """One try: decide on what is there now, and store if it is still there."""
    number = semantic_version(read.version)
    with services.store.reading() as transaction:
        candidate = Candidate(read, number, permission(transaction, actor, read.identity))
        situation = situation_of(transaction, read, number)
        if situation.same_number is not None:
            return repeated(situation.same_number, situation.lifecycle, read)
        refuse_by_state(transaction, situation, candidate)
        before = stored(transaction, situation.previous) if situation.previous else None
        usage = evidence_of(services, transaction, situation.previous) if situation.previous else []
    judgement, change = None, None
    if situation.previous is not None and before is not None:
        judgement = services.judge(services.reader.parse(before), read.model, usage)
        if situation.previous.number.major == number.major:
            change = authorisation(services, situation.previous, candidate, judgement)
    version = version_of(services, actor, candidate, submission, judgement)
    if not dry_run:
        version = store(services, actor, situation, candidate, version, submission, change)
    return Published(VersionState(version, situation.lifecycle), created=not dry_run)


def permission(transaction: Transaction, actor: Actor, identity: Contract) -> str | None:
    """Whom the administrator publishes for, None for the owner itself; raises otherwise."""
    if transaction.parties.team(identity.owner) is None:
        raise Invalid(
            "owner_unknown", f"The document names {identity.owner} as its owner; there is no such team."
        )
    contract = transaction.catalog.contract(identity.name)
    if contract is not None and contract.owner != identity.owner:
        permitted(actor, Verb.PUBLISH, contract)
        if not actor.may(Verb.ADMINISTER, contract):
            raise Conflict(
                "owner_changed",
                f"{contract.name} belongs to {contract.owner}; only the administrator hands it to "
                f"{identity.owner}.",
            )
    return permitted(actor, Verb.PUBLISH, identity)


def situation_of(transaction: Transaction, read: ReadContract, number: SemanticVersion) -> Situation:
    """What there is: the same number, or the version to judge against."""
    name = read.identity.name
    numbers = tuple(transaction.catalog.numbers(name))
    same = transaction.catalog.version(name, number) if number in numbers else None
    base = highest_of(numbers, number.major)
    if base is None:
        base = next((older for older in numbers if older.major < number.major), None)
    return Situation(
        contract=transaction.catalog.contract(name),
        numbers=numbers,
        same_number=same,
        previous=transaction.catalog.version(name, base) if base else None,
        lifecycle=transaction.catalog.lifecycle(name, number.major),
    )


def repeated(there: Version, lifecycle: Lifecycle, read: ReadContract) -> Published:
    """The version already there when the content is the same; `Conflict` when it is not."""
    if there.bundle_sha256 == read.bundle_sha256:
        return Published(VersionState(there, lifecycle), created=False)
    raise Conflict(
        "version_exists",
        f"{there.contract} {there.number} is published with other content; versions never change. "
        "Raise info.version.",
    )


def refuse_by_state(transaction: Transaction, situation: Situation, candidate: Candidate) -> None:
    """What never changes from version to version, and the order of the numbers."""
    wanted, number = candidate.read.identity, candidate.number
    holder = transaction.whole.catalog.contract_of_api(wanted.api_id)
    if holder is not None and holder.name != wanted.name:
        named = holder.name if transaction.sight.sees(holder) else "another contract"
        raise Conflict("api_id_taken", f"x-api-id {wanted.api_id} is that of {named}.")
    there = situation.contract
    if there is None:
        return
    for code, what, old, new in (
        ("api_id_changed", "x-api-id", there.api_id, wanted.api_id),
        ("kind_changed", "kind", there.kind, wanted.kind),
        ("layer_changed", "layer", there.layer, wanted.layer),
    ):
        if old != new:
            raise Conflict(code, f"The {what} of {there.name} is {old} and stays so; the document has {new}.")
    if situation.lifecycle.state is State.RETIRED:
        raise Conflict("lifecycle_final", f"{there.name} v{number.major} is retired and stays so.")
    highest = highest_of(situation.numbers, number.major) or next(iter(situation.numbers), None)
    if highest is not None and number < highest:
        raise Conflict(
            "version_not_increasing", f"{there.name} is at {highest} already; {number} is not above it."
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


def refuse_by_judgement(
    services: Services, previous: Version, candidate: Candidate, judgement: Judgement
) -> None:
    """Within a major version a change must be proven compatible and numbered accordingly."""
    subject = f"{previous.contract} {candidate.number}"
    affected = affected_consumers(judgement)
    whom = f"; affected: {', '.join(affected)}" if affected else ""
    if judgement.verdict == "breaking":
        raise Conflict(
            "compatibility_failed",
            f"{subject} breaks callers of {previous.number}{whom}. Keep it compatible, or publish "
            "a new major version.",
            report=judgement.report,
        )
    if judgement.verdict == "unknown" and not services.publishing.allow_unknown:
        raise Conflict(
            "compatibility_failed",
            f"{subject} could not be proven compatible with {previous.number}{whom}.",
            report=judgement.report,
        )
    if not judgement.bump_sufficient:
        raise Conflict(
            "version_bump_too_small",
            f"The change from {previous.number} to {candidate.number} needs a "
            f"{judgement.bump_required} version.",
            report=judgement.report,
        )


def affected_consumers(judgement: Judgement) -> list[str]:
    """The consumers that the report does not call unaffected, by name."""
    return sorted(
        {
            str(impact["consumer"])
            for finding in judgement.report.get("findings", ())
            if finding.get("level") != "info"
            for impact in finding.get("consumers", ())
            if impact.get("status") != "UNAFFECTED"
        }
    )


def version_of(
    services: Services,
    actor: Actor,
    candidate: Candidate,
    submission: Submission,
    judgement: Judgement | None,
) -> Version:
    """The immutable record of a publication."""
    read = candidate.read
    references = tuple(DocumentReference(document.uri, document.sha256) for document in submission.documents)
    return Version(
        contract=read.identity.name,
        number=candidate.number,
        sha256=read.sha256,
        canonical_sha256=read.canonical_sha256,
        bundle_sha256=read.bundle_sha256,
        owner=read.identity.owner,
        published_at=services.clock(),
        published_by=actor.client_id,
        on_behalf_of=candidate.on_behalf_of,
        document=references[0],
        references=references[1:],
        operations=read.operations,
        problems=read.warnings[: services.limits.warnings_kept_max],
        report=judgement.report if judgement else None,
    )


def store(
    services: Services,
    actor: Actor,
    situation: Situation,
    candidate: Candidate,
    version: Version,
    submission: Submission,
    change: ChangeRequest | None,
) -> Version:
    """Signs; contract, version, bytes and audit in one transaction; `Contention` when the epoch moved on.

    So is the use of an approval: it lets one publication pass, and none that fails uses it up.
    """
    content = {document.sha256: document.raw for document in submission.documents}
    facts = services.reader.facts(candidate.read.model)
    with services.store.writing() as transaction:
        if situation.contract is None:
            transaction.catalog.add_contract(replace(candidate.read.identity, epoch=1))
        else:
            contract = shown_by(candidate, situation)
            if not transaction.catalog.update_contract(contract):
                raise Contention("publish_conflict", "The contract has changed meanwhile.")
        keys = transaction.log.keys(KeyPurpose.CONTRACTS)
        version = replace(version, attestation=attestation_of(candidate.read.identity, version, keys))
        transaction.catalog.add_version(version, content)
        transaction.discovery.put(candidate.read.identity, version.number, facts)
        if change is not None:
            use_up(transaction, actor, change, version)
        detail = {
            "version": str(version.number),
            "sha256": version.sha256,
            "bundleSha256": version.bundle_sha256,
            "reportDigest": version.report.get("digest") if version.report else None,
            "change": change.id if change else None,
        }
        transaction.security.audit(
            services.entry(
                actor,
                "contract.published",
                version.contract,
                on_behalf_of=candidate.on_behalf_of,
                detail=detail,
                before=situation.previous.bundle_sha256 if situation.previous else None,
                after=version.bundle_sha256,
            )
        )
        transaction.advance_revision()
    return version


def use_up(transaction: Transaction, actor: Actor, change: ChangeRequest, version: Version) -> None:
    """The request is implemented with this version; `Contention` when its approval is gone meanwhile."""
    if not transaction.changes.implement(change, version.published_at):
        raise Contention("publish_conflict", f"{change.id} is no longer approved.")
    team = actor.party if actor.kind is ClientKind.TEAM else None
    entry = ChangeEntry(
        version.published_at, EntryKind.IMPLEMENTED, actor.client_id, team, change.digest, None
    )
    transaction.changes.add_entry(change.id, entry)


def shown_by(candidate: Candidate, situation: Situation) -> Contract:
    """What the catalog shows: title, domain and audience of the highest version, ownership of the newest."""
    assert situation.contract is not None
    wanted = replace(candidate.read.identity, epoch=situation.contract.epoch)
    if situation.numbers and candidate.number < situation.numbers[0]:
        return replace(situation.contract, owner=wanted.owner)
    return wanted
