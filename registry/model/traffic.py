"""What gateways observed, and who announced that it will call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

REFUSED_STATUSES = frozenset({401, 403, 405, 410, 413, 415, 429})
"""With these a gateway turns a call away before it is judged by the contract of the operation.

A 404 is counted only for an operation that exists, so it is an answer; 400 and 422 are answers too: the
caller does use the operation, if badly."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Declared use: operationIds of a major version; none named means all of them."""

    id: str
    consumer: str
    contract: str
    major: int
    operations: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SeenPlace:
    """A place of a request that calls showed: a parameter, a member, or a value that the contract declares.

    ``value`` is JSON text, None where the presence of the place is meant.
    """

    place: str
    path: str
    value: str | None
    calls: int


@dataclass(frozen=True, slots=True)
class UsageCount:
    """Calls of one consumer to one operation with one status on one day.

    ``looked`` are those of which all that the contract names was recorded in ``seen``.
    """

    consumer: str
    contract: str
    version: str
    operation: str
    status: int
    day: date
    calls: int
    first_seen: datetime
    last_seen: datetime
    looked: int = 0
    seen: tuple[SeenPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of one consumer to one operation of one version over a period.

    ``errors`` are those answered 400 or above; ``refused``, among them, those with one of `REFUSED_STATUSES`.
    ``looked`` are those of which all that the contract names was recorded.
    """

    consumer: str
    owner: str | None
    version: str
    operation: str
    calls: int
    errors: int
    refused: int
    last_seen: datetime
    looked: int = 0


@dataclass(frozen=True, slots=True)
class DailyUsage:
    """Calls of one consumer to a contract on one day; ``errors`` are those answered 400 or above."""

    day: date
    consumer: str
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Drift:
    """An upstream answering off contract; equal records share an ``id`` and are added up."""

    id: str
    contract: str
    version: str
    operation: str
    upstream: str
    status: int
    count: int
    first_seen: datetime
    last_seen: datetime
    errors: tuple[Mapping[str, str], ...]
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class UsageEvidence:
    """What a report is joined with: who uses which operation, counted (refused calls are not) or declared.

    ``looked`` is None where what the calls showed is not known.
    """

    consumer: str
    owner: str
    version: str
    operation: str
    calls: int
    last_seen: datetime | None
    source: str
    looked: int | None = None
    seen: tuple[SeenPlace, ...] = ()
