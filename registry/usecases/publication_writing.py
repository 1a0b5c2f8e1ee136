"""Writes a publication that was decided: contract, version, bytes, index, audit, the approval it uses up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from registry.errors import Contention
from registry.model import (
    Actor,
    CatalogFacts,
    ChangeEntry,
    ChangeRequest,
    ClientKind,
    Contract,
    DocumentReference,
    EntryKind,
    KeyPurpose,
    Submission,
    Version,
)
from registry.ports import Judgement, Transaction
from registry.usecases.announcements import announce_published
from registry.usecases.candidates import Candidate
from registry.usecases.publication_rules import Situation
from registry.usecases.services import Services
from registry.vouching import attestation_of


@dataclass(frozen=True, slots=True)
class Decision:
    """A version that may be published, and what the store held when that was decided."""

    situation: Situation
    candidate: Candidate
    version: Version
    submission: Submission
    facts: CatalogFacts
    change: ChangeRequest | None


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


def write(services: Services, transaction: Transaction, actor: Actor, decision: Decision) -> Version:
    """Signs and stores within an open transaction; `Contention` when the contract's epoch moved on.

    So is the use of an approval: it lets one publication pass, and none that fails uses it up. The caller
    advances the revision, last.
    """
    situation, candidate, change = decision.situation, decision.candidate, decision.change
    content = {document.sha256: document.raw for document in decision.submission.documents}
    if situation.contract is None:
        transaction.catalog.add_contract(replace(candidate.read.identity, epoch=1))
    elif not transaction.catalog.update_contract(shown_by(candidate, situation)):
        raise Contention("publish_conflict", "The contract has changed meanwhile.")
    keys = transaction.log.keys(KeyPurpose.CONTRACTS)
    attestation = attestation_of(candidate.read.identity, decision.version, keys)
    version = replace(decision.version, attestation=attestation)
    transaction.catalog.add_version(version, content)
    transaction.discovery.put(candidate.read.identity, version.number, decision.facts)
    if candidate.read.schema_id is not None:
        transaction.canonical.claim(candidate.read.schema_id, version.contract, version.number.major)
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
    announce_published(services, transaction, candidate.read.identity, version, change.id if change else None)
    return version


def after(earlier: Decision, situation: Situation, major: int) -> Situation:
    """The situation once a decision on a lower major version of the same contract is written."""
    there, version = earlier.situation.contract, earlier.version
    if there is None:
        contract = replace(earlier.candidate.read.identity, epoch=1)
    else:
        contract = replace(shown_by(earlier.candidate, earlier.situation), epoch=there.epoch + 1)
    numbers = tuple(sorted({*situation.numbers, *earlier.situation.numbers, version.number}, reverse=True))
    found = replace(situation, contract=contract, numbers=numbers)
    previous = situation.previous
    if previous is not None and (previous.number.major == major or previous.number > version.number):
        return found
    return replace(found, previous=version, previous_documents=earlier.submission)


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
    there = situation.contract
    assert there is not None
    wanted = replace(candidate.read.identity, epoch=there.epoch, compatibility=there.compatibility)
    if situation.numbers and candidate.number < situation.numbers[0]:
        return replace(there, owner=wanted.owner)
    return wanted
