"""Writes denied attempts to the audit log, each in a transaction of its own."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.config import AccessPolicy
from registry.model import Actor, AuditEntry, AuditOutcome
from registry.usecases.services import Services

WINDOW = timedelta(minutes=1)
NOBODY = "anonymous"
"""The actor of an attempt without a credential that counts."""
PATH_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Denial:
    """What was asked for, and the refusal."""

    method: str
    path: str
    status: int
    code: str
    request_id: str
    actor: Actor | None = None


class DenialLog:
    """Records denials within a bound per minute and client; what is above it is counted.

    Whoever guesses at credentials must not fill the disk. All attempts without a client share one bound, and
    the entry after a flood says how many were left out of the log.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._window_ends: datetime | None = None
        self._recorded: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()

    @property
    def policy(self) -> AccessPolicy:
        """What of denied attempts is kept."""
        return self._services.access

    def record(self, denial: Denial) -> None:
        """Appends the entry, or counts the attempt when the minute has had its share."""
        who = denial.actor.client_id if denial.actor else NOBODY
        now = self._services.clock()
        left_out = self.admitted(who, now)
        if left_out is None:
            return
        detail = {"method": denial.method, "status": denial.status, "code": denial.code}
        if left_out:
            detail["notRecordedBefore"] = left_out
        subject = denial.path[:PATH_CHARS_MAX].replace("\x00", "?")
        with self._services.store.writing() as transaction:
            transaction.security.audit(entry_of(self._services, denial, now, subject, detail))

    def admitted(self, who: str, now: datetime) -> int | None:
        """How many were left out before this one; None when this one is left out too."""
        with self._lock:
            if self._window_ends is None or now >= self._window_ends:
                self._window_ends = now + WINDOW
                self._recorded.clear()
            if self._recorded[who] >= self._services.limits.denials_per_minute_max:
                self._left_out[who] += 1
                return None
            self._recorded[who] += 1
            return self._left_out.pop(who, 0)


def entry_of(
    services: Services, denial: Denial, now: datetime, subject: str, detail: dict[str, object]
) -> AuditEntry:
    """The entry, by the actor where there is one."""
    if denial.actor is not None:
        return services.entry(
            denial.actor, "access.denied", subject, detail=detail, outcome=AuditOutcome.DENIED
        )
    return AuditEntry(
        now, NOBODY, "access.denied", subject, denial.request_id, detail=detail, outcome=AuditOutcome.DENIED
    )
