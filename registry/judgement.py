"""Judges changes by way of `compatibility`."""

from __future__ import annotations

from collections.abc import Sequence

from compatibility import compare
from compatibility.errors import CompatibilityError
from compatibility.model import UsageRow
from registry.errors import Invalid
from registry.model import UsageEvidence, rfc3339
from registry.ports import Judgement
from specs.errors import SpecError
from specs.model import Contract


def judge(before: Contract, after: Contract, usage: Sequence[UsageEvidence]) -> Judgement:
    """The verdict and the whole report; raises `Invalid` when a side cannot be read or compared."""
    try:
        report = compare(before, after, usage=[row_of(evidence) for evidence in usage])
    except (CompatibilityError, SpecError) as error:
        raise unreadable(error) from None
    return Judgement(
        verdict=report.verdict,
        bump_required=report.bump_required,
        bump_sufficient=report.bump_sufficient,
        report=report.as_json(),
    )


def unreadable(error: CompatibilityError | SpecError) -> Invalid:
    """The refusal, with the place where the reason stands in a document."""
    source = error if isinstance(error, SpecError) else error.__cause__
    problems = source.problems if isinstance(source, SpecError) else ()
    return Invalid("contract_invalid", str(error), problems=[problem.as_json() for problem in problems])


def row_of(evidence: UsageEvidence) -> UsageRow:
    """The same as the engine takes it."""
    return UsageRow(
        consumer=evidence.consumer,
        owner=evidence.owner,
        version=evidence.version,
        operation=evidence.operation,
        calls=evidence.calls,
        last_seen=rfc3339(evidence.last_seen) if evidence.last_seen else None,
        source="observed" if evidence.source == "observed" else "declared",
    )
