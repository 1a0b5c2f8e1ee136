"""Change requests: what is proposed, who has to agree, what was said, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from registry.model.contracts import DocumentReference, SemanticVersion


class ChangeType(StrEnum):
    """How a change is authorised (ITIL 4, change enablement)."""

    STANDARD = "standard"
    NORMAL = "normal"
    EMERGENCY = "emergency"


class ChangeState(StrEnum):
    """Where a change request stands; only open and approved ones lead anywhere."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    IMPLEMENTED = "implemented"


LIVE_STATES = (ChangeState.OPEN, ChangeState.APPROVED)


class Role(StrEnum):
    """In which capacity a team has to agree."""

    OWNER = "owner"
    CONSUMER = "consumer"
    BOARD = "board"


class EntryKind(StrEnum):
    """What somebody did to a change request."""

    OPENED = "opened"
    REVISED = "revised"
    APPROVED = "approved"
    REJECTED = "rejected"
    COMMENTED = "commented"
    WITHDRAWN = "withdrawn"
    IMPLEMENTED = "implemented"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A team that has to agree, in which capacity, and the policy that demands it."""

    role: Role
    team: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeWindow:
    """When the change may be made; an end that is None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies within: the start belongs to it, the end does not."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def overlaps(self, other: ChangeWindow) -> bool:
        """Whether the two have a moment in common."""
        return (self.start is None or other.end is None or self.start < other.end) and (
            other.start is None or self.end is None or other.start < self.end
        )


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What the author says about the change."""

    type: ChangeType
    title: str
    justification: str
    environments: tuple[str, ...]
    window: ChangeWindow = ChangeWindow()
    implementation: str | None = None
    backout: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The version proposed, and the version in force that it was judged against."""

    number: SemanticVersion
    bundle_sha256: str
    documents: tuple[DocumentReference, ...]
    before: SemanticVersion
    before_bundle_sha256: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the board decides from, as it stood when the proposal came in; parts are JSON as they are served.

    ``report`` holds the findings with witnesses and consumers, ``risk`` the score with its factors.
    """

    report: Mapping[str, Any]
    consumers: tuple[Mapping[str, Any], ...]
    risk: Mapping[str, Any]
    requirements: tuple[Requirement, ...]
    eyes_min: int
    backout: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """One request; ``digest`` names exactly what is approved, ``epoch`` counts what happened to it.

    ``authors`` are the clients that opened or revised it: none of them may approve.
    """

    id: str
    contract: str
    owner: str
    state: ChangeState
    authors: tuple[str, ...]
    author_team: str | None
    opened_at: datetime
    expires_at: datetime
    digest: str
    plan: ChangePlan
    proposal: Proposal
    assessment: Assessment
    epoch: int = 1
    approved_at: datetime | None = None
    implemented_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """One thing that happened: who, for which team, about which digest, in which words."""

    at: datetime
    kind: EntryKind
    client_id: str
    team: str | None
    digest: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why something may not be done yet, and what would have to happen."""

    code: str
    detail: str
