"""Plans to end a major version, how far its consumers are, and what a team has to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class PlanState(StrEnum):
    """Whether a plan still runs: completed by retirement, or withdrawn by the owner."""

    ACTIVE = "active"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class NoticeReason(StrEnum):
    """Why consumers' owners are told of a plan."""

    ANNOUNCED = "announced"
    REVISED = "revised"
    MILESTONE = "milestone"
    DEPRECATED = "deprecated"
    REMINDER = "reminder"
    SUNSET = "sunset"
    WITHDRAWN = "withdrawn"


class Progress(StrEnum):
    """How far a consumer is: it calls, only declares that it does, calls another version, or has stopped."""

    CALLING = "calling"
    DECLARED = "declared"
    MOVED = "moved"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date on the way with what is to be done by then."""

    at: datetime
    title: str


@dataclass(frozen=True, slots=True)
class PlanDefinition:
    """What the owner says: from when the version is deprecated, when it ends, and what comes instead."""

    deprecate_at: datetime
    sunset_at: datetime
    successor: str | None = None
    guide: str | None = None
    milestones: tuple[Milestone, ...] = ()


@dataclass(frozen=True, slots=True)
class DeprecationPlan:
    """The plan for one major version; ``next_notice_at`` is when its consumers' owners hear of it next."""

    contract: str
    major: int
    definition: PlanDefinition
    state: PlanState
    announced_at: datetime
    announced_by: str
    next_notice_at: datetime | None
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class PlanMoment:
    """When something of a plan happens."""

    at: datetime
    reason: NoticeReason
    title: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The owner of a consumer has seen the plan, and says what it does about it and by when."""

    consumer: str
    team: str
    at: datetime
    client_id: str
    text: str | None
    moves_by: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """A consumer's calls to one major version since a day; ``owner`` is None for one not registered."""

    consumer: str
    owner: str | None
    calls: int
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class ConsumerProgress:
    """One consumer of a version that ends; ``calls`` are those of the last days."""

    consumer: str
    owner: str | None
    progress: Progress
    calls: int
    last_seen: datetime | None
    declared: bool
    acknowledgement: Acknowledgement | None

    @property
    def is_left(self) -> bool:
        """Whether the consumer still has to move."""
        return self.progress in (Progress.CALLING, Progress.DECLARED)


class NoticeKind(StrEnum):
    """What a team has to look at."""

    APPROVAL = "approval"
    DEPRECATION = "deprecation"
    DRIFT = "drift"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a team has to do; ``link`` is the address within the API of what it is about.

    A notice is no record: it is read from the state of things, and gone when the thing is done.
    """

    id: str
    kind: NoticeKind
    title: str
    detail: str
    link: str
    since: datetime
    due_at: datetime | None = None
    contract: str | None = None
    major: int | None = None
    consumers: tuple[str, ...] = ()
    unacknowledged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One date of a version that ends."""

    at: datetime
    reason: NoticeReason
    contract: str
    major: int
    owner: str
    title: str


def moments_of(definition: PlanDefinition, reminder_days: tuple[int, ...]) -> list[PlanMoment]:
    """Every date on which consumers' owners are told, in order. Reminders before the deprecation are left."""
    found = [
        PlanMoment(definition.deprecate_at, NoticeReason.DEPRECATED, "The version is deprecated."),
        PlanMoment(definition.sunset_at, NoticeReason.SUNSET, "The version ends."),
    ]
    found += [PlanMoment(one.at, NoticeReason.MILESTONE, one.title) for one in definition.milestones]
    for days in reminder_days:
        at = definition.sunset_at - timedelta(days=days)
        if at > definition.deprecate_at:
            unit = "day" if days == 1 else "days"
            found.append(PlanMoment(at, NoticeReason.REMINDER, f"The version ends in {days} {unit}."))
    return sorted(found, key=lambda one: (one.at, one.reason.value, one.title))


def next_moment(
    definition: PlanDefinition, reminder_days: tuple[int, ...], after: datetime
) -> datetime | None:
    """The first date later than that."""
    return next((one.at for one in moments_of(definition, reminder_days) if one.at > after), None)
