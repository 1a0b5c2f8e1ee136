"""Whether a change request has the approvals it needs. Pure: entries in, answer out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.model import ChangeEntry, ChangeRequest, EntryKind, Obstacle, Requirement


@dataclass(frozen=True, slots=True)
class Met:
    """A requirement with the approval that meets it, if there is one."""

    requirement: Requirement
    by: ChangeEntry | None


def approvals(change: ChangeRequest, entries: Sequence[ChangeEntry]) -> list[ChangeEntry]:
    """Those that count: given for the digest as it is now, by no author, one of each client."""
    counted: dict[str, ChangeEntry] = {}
    for entry in entries:
        if entry.digest == change.digest and entry.client_id not in change.authors:
            if entry.kind is EntryKind.APPROVED:
                counted.setdefault(entry.client_id, entry)
            elif entry.kind is EntryKind.REJECTED:
                counted.pop(entry.client_id, None)
    return list(counted.values())


def requirements_met(change: ChangeRequest, entries: Sequence[ChangeEntry]) -> list[Met]:
    """Each requirement in order; the first approval of its team meets it."""
    given = approvals(change, entries)
    return [
        Met(one, next((entry for entry in given if entry.team == one.team), None))
        for one in change.assessment.requirements
    ]


def missing(change: ChangeRequest, entries: Sequence[ChangeEntry]) -> list[Obstacle]:
    """What is still needed; nothing when the change request is approved."""
    found = [
        Obstacle(
            "approval_missing",
            f"{met.requirement.team} has not approved as {met.requirement.role.value}: "
            f"{met.requirement.reason}",
        )
        for met in requirements_met(change, entries)
        if met.by is None
    ]
    eyes = len(approvals(change, entries))
    if eyes < change.assessment.eyes_min:
        found.append(
            Obstacle(
                "eyes_missing",
                f"{change.assessment.eyes_min} clients other than the author have to approve; {eyes} did.",
            )
        )
    return found
