"""Publishing many contracts at once, in the order of their references: all of them, or none.

Each is read and decided on by itself, canonical schemas first, and nothing is written before all may be. Then
one transaction writes them; a process that dies in it leaves nothing, and the same request may be repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from registry.errors import Conflict, Contention, Invalid, NotAllowed, RegistryError
from registry.model import (
    Actor,
    AuditOutcome,
    CatalogFacts,
    SemanticVersion,
    Submission,
    Version,
    VersionState,
    semantic_version,
)
from registry.ports import ReadContract
from registry.usecases.announcements import announce_refused
from registry.usecases.governance import governing
from registry.usecases.publication_writing import Decision, write
from registry.usecases.publish import Published, decision_of, refuse_stranger
from registry.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Item:
    """One contract that was read; what it costs to hold is gone."""

    submission: Submission
    read: ReadContract
    facts: CatalogFacts


@dataclass(frozen=True, slots=True)
class Refused:
    """One contract that may not be published; ``name`` is None for one that could not be read."""

    submission: Submission
    name: str | None
    error: RegistryError


Outcome = Decision | Published | Refused
Place = tuple[str, SemanticVersion]


def publish_all(
    services: Services, actor: Actor, submissions: Sequence[Submission], *, dry_run: bool
) -> tuple[Published, ...]:
    """Puts all in force, in the order of their references; what is in force already is not changed.

    Raises one refusal for all: `NotAllowed`, `Invalid` or `Conflict`, whose ``results`` name every contract
    and every problem. Each refused contract is in the audit; a dry run leaves no trace.
    """
    with services.turns.take():
        items, outcomes = read_all(services, actor, submissions)
        earlier: dict[str, Decision] = {}
        for item in ordered(items):
            outcome = decided(services, actor, item, earlier.get(item.read.identity.name))
            outcomes.append(outcome)
            if isinstance(outcome, Decision):
                earlier[outcome.version.contract] = outcome
        refused = [one for one in outcomes if isinstance(one, Refused)]
        if refused:
            error = refusal(outcomes, refused)
            error.audited = True
            if not dry_run:
                audit_refusals(services, actor, refused)
            raise error
        found = [one for one in outcomes if not isinstance(one, Refused)]
        return tuple(planned(found) if dry_run else written(services, actor, found))


def read_all(
    services: Services, actor: Actor, submissions: Sequence[Submission]
) -> tuple[list[Item], list[Outcome]]:
    """What reads well, and what does not or is there twice."""
    items: list[Item] = []
    refused: list[Outcome] = []
    taken: dict[str, str] = {}
    for submission in submissions:
        name = None
        try:
            read = services.reader.read(submission, governing(services))
            name = read.identity.name
            refuse_stranger(services, actor, name)
            refuse_repeated(taken, read)
        except RegistryError as error:
            refused.append(Refused(submission, name, error))
            continue
        items.append(Item(submission, replace(read, model=None), services.reader.facts(read.model)))
    return items, refused


def refuse_repeated(taken: dict[str, str], read: ReadContract) -> None:
    """A major version stands once in a request; an `x-api-id` and a `$id` are those of one contract."""
    name, major = read.identity.name, semantic_version(read.version).major
    if f"{name} v{major}" in taken:
        raise Conflict("contract_repeated", f"{name} v{major} is there twice; publish one after the other.")
    for what, value in (("x-api-id", read.identity.api_id), ("$id", read.schema_id)):
        holder = taken.get(f"{what} {value}", name)
        if value is not None and holder != name:
            raise Conflict("contract_repeated", f"{name} and {holder} have the same {what} {value}.")
        taken[f"{what} {value}"] = name
    taken[f"{name} v{major}"] = name


def ordered(items: Sequence[Item]) -> list[Item]:
    """Each after the canonical schemas it refers to; by name where references say nothing or go round."""
    by_id = {item.read.schema_id: item for item in items if item.read.schema_id is not None}
    done: dict[Place, Item] = {}
    for item in sorted(items, key=lambda one: (one.read.schema_id is None, place_of(one))):
        waiting = [(item, False)]
        entered: set[Place] = set()
        while waiting:
            one, referred_to_done = waiting.pop()
            place = place_of(one)
            if referred_to_done:
                done.setdefault(place, one)
            elif place not in done and place not in entered:
                entered.add(place)
                waiting.append((one, True))
                targets = {link.target for link in one.facts.links}
                waiting += [(by_id[target], False) for target in sorted(targets & by_id.keys(), reverse=True)]
    return list(done.values())


def place_of(item: Item) -> Place:
    """By name, and lower major versions first."""
    return item.read.identity.name, semantic_version(item.read.version)


def decided(services: Services, actor: Actor, item: Item, earlier: Decision | None) -> Outcome:
    """The decision on one; it is read again, since only one model is held at a time.

    ``earlier`` is that on a lower major version of the same contract in the same request.
    """
    try:
        read = services.reader.read(item.submission, governing(services))
        found = decision_of(services, actor, read, item.submission, earlier)
    except RegistryError as error:
        return Refused(item.submission, item.read.identity.name, error)
    if isinstance(found, Published):
        return found
    return replace(found, candidate=replace(found.candidate, read=item.read))


def planned(found: Sequence[Decision | Published]) -> list[Published]:
    """What a real request would answer."""
    return [one if isinstance(one, Published) else created(one, one.version) for one in found]


def created(decision: Decision, version: Version) -> Published:
    """A version that is put in force."""
    return Published(VersionState(version, decision.situation.lifecycle), created=True)


def written(services: Services, actor: Actor, found: Sequence[Decision | Published]) -> list[Published]:
    """All in one transaction. Where another request was faster, its versions if they are the same."""
    if all(isinstance(one, Published) for one in found):
        return planned(found)
    try:
        with services.store.writing() as transaction:
            done = [
                one if isinstance(one, Published) else created(one, write(services, transaction, actor, one))
                for one in found
            ]
            transaction.advance_revision()
            return done
    except Contention:
        return overtaken(services, found)


def overtaken(services: Services, found: Sequence[Decision | Published]) -> list[Published]:
    """What another request published with the same content; `Contention` names every winner otherwise."""
    same: list[Published] = []
    winners = []
    with services.store.reading() as transaction:
        for one in found:
            if isinstance(one, Published):
                same.append(one)
                continue
            name, number = one.version.contract, one.version.number
            there = transaction.catalog.version(name, number)
            if there is not None and there.bundle_sha256 == one.version.bundle_sha256:
                lifecycle = transaction.catalog.lifecycle(name, number.major)
                same.append(Published(VersionState(there, lifecycle), created=False))
                continue
            newest = transaction.catalog.newest(name)
            if newest is not None and newest.number not in one.situation.numbers:
                winners.append(f"{name} {newest.number} by {newest.published_by}")
    if len(same) == len(found):
        return same
    what = f"{', '.join(winners)} was published meanwhile" if winners else "Another request was faster"
    raise Contention("publish_conflict", f"{what}; nothing was published: send the request again.")


def refusal(outcomes: Sequence[Outcome], refused: Sequence[Refused]) -> RegistryError:
    """One error of the gravest kind, with what became of each contract."""
    errors = [one.error for one in refused]
    kind: type[RegistryError] = Conflict
    if any(isinstance(one, NotAllowed) for one in errors):
        kind = NotAllowed
    elif all(isinstance(one, Invalid) for one in errors):
        kind = Invalid
    first = refused[0]
    which = first.name or first.submission.document.uri
    count = f"{len(refused)} of {len(outcomes)} contracts"
    return kind(
        "bulk_refused",
        f"{count} may not be published, so none is; the first: {which}: {first.error.detail}",
        results=[result_json(one) for one in outcomes],
    )


def result_json(outcome: Outcome) -> Mapping[str, Any]:
    """What became of one contract."""
    if isinstance(outcome, Refused):
        return {
            "contract": outcome.name,
            "document": outcome.submission.document.uri,
            "outcome": "refused",
            "code": outcome.error.code,
            "detail": outcome.error.detail,
            "errors": [dict(problem) for problem in outcome.error.problems],
            **({"report": outcome.error.report} if outcome.error.report is not None else {}),
        }
    version = outcome.version.version if isinstance(outcome, Published) else outcome.version
    return {
        "contract": version.contract,
        "document": version.document.uri,
        "version": str(version.number),
        "outcome": "unchanged" if isinstance(outcome, Published) else "publishable",
    }


def audit_refusals(services: Services, actor: Actor, refused: Sequence[Refused]) -> None:
    """One entry for each, in a transaction of their own."""
    with services.store.writing() as transaction:
        for one in refused:
            transaction.security.audit(
                services.entry(
                    actor,
                    "contract.publication_refused",
                    one.name or one.submission.document.uri[:200],
                    detail={"code": one.error.code, "sha256": one.submission.document.sha256},
                    outcome=AuditOutcome.DENIED,
                )
            )
            if one.name is not None:
                announce_refused(services, transaction, one.name, one.error.code, one.error.report)
