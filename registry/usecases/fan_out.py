"""What a change of a canonical schema does to every contract that holds it: the blast radius.

Contracts keep the bytes they were published with, so nothing changes for them by itself. Each is judged as it
would be with the new schema in place, with the consumers it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from registry.errors import Invalid
from registry.model import Submission, UsageEvidence, Version
from registry.model.access import EVERYTHING, KNOWN
from registry.model.canonical import FannedOut
from registry.ports import Judgement
from registry.usecases.changes_assessment import consumers_of
from registry.usecases.documents import stored
from registry.usecases.evidence import evidence_of
from registry.usecases.judging import judged, published, submitted
from registry.usecases.services import Services

WORST = ("breaking", "unknown", "compatible")
RESTRICTED = "(restricted)"
"""Stands for the name of a contract that not everybody may see; no contract can have it."""
HIT = {"breaking": "BROKEN", "unknown": "POTENTIALLY"}


@dataclass(frozen=True, slots=True)
class Held:
    """A version in force that holds the schema, and who uses it."""

    version: Version
    owner: str
    usage: Sequence[UsageEvidence]
    is_named: bool
    """Whether everybody sees the contract; who reads a report need not be who published."""


def blast_radius(services: Services, schema_id: str, new: Submission) -> Mapping[str, Any]:
    """The verdict over all contracts, and each of them; one beyond the limit is unknown, never left out."""
    limit = services.reports.fan_out_max
    services = services.seen_by(EVERYTHING)
    with services.store.reading() as transaction:
        referrers = transaction.canonical.referrers(schema_id, services.reports.fan_out_named_max)
        held = []
        for one in referrers:
            version = transaction.catalog.version(one.contract, one.number)
            contract = transaction.catalog.contract(one.contract)
            assert version is not None
            assert contract is not None
            usage = evidence_of(services, transaction, version)
            held.append(Held(version, contract.owner, usage, is_named=KNOWN.sees(contract)))
    found = [named(one, fanned_out(services, one, schema_id, new)) for one in held[:limit]]
    too_many = "Too many contracts hold the schema to judge them all."
    found += [named(one, undecided(one, too_many)) for one in held[limit:]]
    verdicts = {one.verdict for one in found}
    if len(held) == services.reports.fan_out_named_max:
        verdicts.add("unknown")
    return {
        "schemaId": schema_id,
        "verdict": next((one for one in WORST if one in verdicts), "compatible"),
        "owners": sorted({one.owner for one in found if one.verdict != "compatible"}),
        "contracts": [contract_json(one) for one in found],
    }


def fanned_out(services: Services, held: Held, schema_id: str, new: Submission) -> FannedOut:
    """The judgement of one contract with the new schema in place."""
    with services.store.reading() as transaction:
        documents = stored(transaction, held.version)
    changed = services.reader.replaced(documents, schema_id, new)
    if changed is None:
        return undecided(held, "The schema was not found among its documents.")
    try:
        judgement = judged(
            services, published(services, held.version), submitted(services, changed), held.usage
        )
    except Invalid as error:
        told = error.problems[0]["detail"] if error.problems else error.detail
        return undecided(held, f"With the new schema it cannot be read: {told}", verdict="breaking")
    return of_judgement(services, held, judgement)


def of_judgement(services: Services, held: Held, judgement: Judgement) -> FannedOut:
    """What of a judgement the radius shows; the contract itself is hit first, as its owner's concern."""
    report = judgement.report
    failing = [
        one
        for one in report["findings"]
        if one["level"] != "info" and one["rule"] != "version-bump-too-small"
    ]
    operations = {name for one in failing for name in one.get("operations") or () if name}
    shown = failing[: services.reports.pair_findings_max]
    keys = ("rule", "level", "operation", "message", "fingerprint")
    return FannedOut(
        contract=held.version.contract,
        version=str(held.version.number),
        owner=held.owner,
        verdict=judgement.verdict,
        digest=report["digest"],
        operations=tuple(sorted(operations)),
        consumers=(*own_impact(held, judgement.verdict), *consumers_of(report, {})),
        findings=tuple({key: one.get(key) for key in keys} for one in shown),
    )


def undecided(held: Held, reason: str, verdict: str = "unknown") -> FannedOut:
    """One that could not be judged, or not at all with the new schema."""
    version = held.version
    consumers = own_impact(held, verdict)
    return FannedOut(
        version.contract, str(version.number), held.owner, verdict, None, (), consumers, (), reason
    )


def named(held: Held, found: FannedOut) -> FannedOut:
    """The same, or what may be said of a contract that not everybody sees: whose it is, and the verdict."""
    if held.is_named:
        return found
    return replace(
        found,
        contract=RESTRICTED,
        digest=None,
        operations=(),
        findings=(),
        reason="Not everybody may see this contract; ask its owner.",
    )


def own_impact(held: Held, verdict: str) -> tuple[Mapping[str, Any], ...]:
    """The contract as one that uses the schema: its owner has to agree to what breaks it."""
    if verdict not in HIT:
        return ()
    name = held.version.contract if held.is_named else f"{RESTRICTED} of {held.owner}"
    said = {"consumer": name, "owner": held.owner, "status": HIT[verdict]}
    reason = "Its contract refers to the schema."
    return ({**said, "calls": 0, "lastSeen": None, "source": "reference", "reason": reason},)


def contract_json(one: FannedOut) -> Mapping[str, Any]:
    """The shape of the answer."""
    value = asdict(one)
    lists = {name: list(value[name]) for name in ("operations", "consumers", "findings")}
    return {**value, **lists}


def with_radius(judgement: Judgement, radius: Mapping[str, Any], *, counts: bool) -> Judgement:
    """The judgement of the schema itself with that of those that hold it; ``counts``: it decides too."""
    verdicts = {judgement.verdict, str(radius["verdict"])} if counts else {judgement.verdict}
    verdict = next(one for one in WORST if one in verdicts)
    return Judgement(
        verdict,
        judgement.bump_required,
        judgement.bump_sufficient,
        {**judgement.report, "blastRadius": radius},
    )
