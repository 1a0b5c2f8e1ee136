"""What a publication must fulfil, whoever asks for it: ownership, identity, number, policy."""

from __future__ import annotations

from dataclasses import dataclass

from registry.errors import Conflict, Invalid
from registry.model import (
    Actor,
    Contract,
    Lifecycle,
    SemanticVersion,
    State,
    Submission,
    Verb,
    Version,
    highest_of,
    rfc3339,
)
from registry.ports import Judgement, ReadContract, Transaction
from registry.usecases.candidates import Base, Candidate
from registry.usecases.changes_assessment import affected_names
from registry.usecases.evidence import evidence_of
from registry.usecases.services import Services, permitted


@dataclass(frozen=True, slots=True)
class Situation:
    """What the registry held when the decision was made."""

    contract: Contract | None
    numbers: tuple[SemanticVersion, ...]
    same_number: Version | None
    previous: Version | None
    lifecycle: Lifecycle
    previous_documents: Submission | None = None
    """Those of a previous version that the same request publishes; None for one that is in force."""


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


def bases_of(
    services: Services, transaction: Transaction, situation: Situation, number: SemanticVersion
) -> tuple[list[Base], int]:
    """The versions to judge against, the highest first, and how many are too many to be judged."""
    previous, contract = situation.previous, situation.contract
    if previous is None or contract is None:
        return [], 0
    versions, left_out = [previous], 0
    if contract.compatibility.is_transitive and previous.number.major == number.major:
        same_major = [one for one in situation.numbers if one.major == number.major and one < previous.number]
        wanted = same_major[: services.reports.pairs_max - 1]
        left_out = len(same_major) - len(wanted)
        found = (transaction.catalog.version(contract.name, one) for one in wanted)
        versions += [one for one in found if one is not None]
    return [Base(one, evidence_of(services, transaction, one)) for one in versions], left_out


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


def refuse_by_promise(
    services: Services, transaction: Transaction, situation: Situation, candidate: Candidate
) -> None:
    """A document does not end its major version earlier than was announced, while somebody uses it."""
    said, promised = candidate.read.sunset, situation.lifecycle.sunset_at
    previous = situation.previous
    if (
        said is None
        or promised is None
        or previous is None
        or previous.number.major != candidate.number.major
    ):
        return
    if said >= promised.date().isoformat():
        return
    users = sorted({one.consumer for one in evidence_of(services, transaction, previous)})
    if users:
        raise Conflict(
            "sunset_promised",
            f"{previous.contract} v{previous.number.major} is promised until {rfc3339(promised)}, x-sunset "
            f"says {said}, and {', '.join(users)} rely on it.",
        )


def refuse_by_schema_id(transaction: Transaction, candidate: Candidate) -> None:
    """A canonical schema keeps its ``$id`` within a major version, and nobody else has it, ever."""
    wanted = candidate.read.schema_id
    if wanted is None:
        return
    name, major = candidate.read.identity.name, candidate.number.major
    holder = transaction.whole.canonical.holder(wanted)
    if holder is not None and (holder.contract, holder.major) != (name, major):
        is_seen = transaction.catalog.contract(holder.contract) is not None
        named = f"{holder.contract} v{holder.major}" if is_seen else "another contract"
        raise Conflict("schema_id_taken", f"$id {wanted} is that of {named}; each major version has its own.")
    there = transaction.canonical.id_of(name, major)
    if there not in (None, wanted):
        raise Conflict("schema_id_changed", f"The $id of {name} v{major} is {there} and stays so.")


def refuse_by_judgement(
    services: Services, previous: Version, candidate: Candidate, judgement: Judgement
) -> None:
    """Within a major version a change must be proven what the policy demands, and numbered accordingly."""
    subject = f"{previous.contract} {candidate.number}"
    affected = affected_names(judgement.report)
    whom = f"; affected: {', '.join(affected)}" if affected else ""
    policy = judgement.report.get("policy", {}).get("name", "backward")
    if judgement.verdict != "compatible" and judgement.report.get("blastRadius", {}).get("owners"):
        refuse_by_radius(services, subject, judgement)
    if judgement.verdict == "breaking":
        what = what_breaks(judgement, previous)
        raise Conflict(
            "compatibility_failed",
            f"{subject} {what}{whom}. Keep it compatible (policy {policy}), or publish a new major version.",
            report=judgement.report,
        )
    if judgement.verdict == "unknown" and not services.publishing.allow_unknown:
        raise Conflict(
            "compatibility_failed",
            f"{subject} could not be proven compatible with {previous.number} (policy {policy}){whom}.",
            report=judgement.report,
        )
    if not judgement.bump_sufficient:
        raise Conflict(
            "version_bump_too_small",
            f"The change from {previous.number} to {candidate.number} needs a "
            f"{judgement.bump_required} version.",
            report=judgement.report,
        )


def refuse_by_radius(services: Services, subject: str, judgement: Judgement) -> None:
    """The refusal of a canonical schema names the contracts that it would break."""
    radius = judgement.report["blastRadius"]
    if judgement.verdict == "unknown" and services.publishing.allow_unknown:
        return
    hit = [
        f"{one['contract']} of {one['owner']}"
        for one in radius["contracts"]
        if one["verdict"] != "compatible"
    ]
    what = "breaks" if radius["verdict"] == "breaking" else "is not proven compatible for"
    raise Conflict(
        "compatibility_failed",
        f"{subject} {what} what refers to it: {', '.join(hit)}. Keep it compatible, or publish a new major "
        "version.",
        report=judgement.report,
    )


def what_breaks(judgement: Judgement, previous: Version) -> str:
    """Who cannot get on with whom, in words."""
    pairs = judgement.report.get("policy", {}).get("pairs", ())
    broken = [pair for pair in pairs if pair["verdict"] == "breaking"]
    old = [pair["before"] for pair in broken if pair["direction"] == "backward"]
    new = [pair["after"] for pair in broken if pair["direction"] == "forward"]
    said = [f"breaks callers of {', '.join(old)}"] if old else []
    said += [f"has callers that {', '.join(new)} does not serve"] if new else []
    return " and ".join(said) or f"breaks callers of {previous.number}"
