"""Where versions are deployed, what was tested, and when nothing may move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from registry.model.contracts import SemanticVersion


class Outcome(StrEnum):
    """How a run of tests ended."""

    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TestEvidence:
    """A run of a test suite against exactly the content of one bundle digest."""

    __test__ = False  # no test class, whatever its name

    contract: str
    bundle_sha256: str
    suite: str
    run: str
    outcome: Outcome
    at: datetime
    client_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing moves; without an environment it holds for all of them."""

    id: str
    environment: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    client_id: str

    def holds(self, environment: str, at: datetime) -> bool:
        """Whether it stops a move into the environment at that moment."""
        return self.environment in (None, environment) and self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class Deployment:
    """A version in service in an environment; ``position`` counts the moves of its major version there."""

    environment: str
    contract: str
    number: SemanticVersion
    bundle_sha256: str
    position: int
    at: datetime
    client_id: str
    change: str | None = None


def tests_said(evidence: list[TestEvidence]) -> str:
    """``missing``, ``failed`` or ``passed``: of each suite the last run counts; the newest stands first."""
    last: dict[str, Outcome] = {}
    for one in evidence:
        last.setdefault(one.suite, one.outcome)
    if not last:
        return "missing"
    return "failed" if Outcome.FAILED in last.values() else "passed"
