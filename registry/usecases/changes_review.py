"""Looking back at a change by its traffic: what the affected consumers got before and after (PIR).

A gateway counts every call under the version that judged it, so the split needs no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from registry.errors import Conflict
from registry.model import ChangeRequest, SemanticVersion, Usage, semantic_version
from registry.usecases.changes_reading import known_change
from registry.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Count:
    """Calls answered, and those of them answered with an error."""

    calls: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Experience:
    """One affected consumer; ``conclusion`` is WORSE, NO_WORSE or SILENT (no calls since)."""

    consumer: str
    owner: str
    before: Count
    after: Count
    conclusion: str


@dataclass(frozen=True, slots=True)
class Review:
    """The change with what its consumers met."""

    change: ChangeRequest
    experiences: tuple[Experience, ...]


def review(services: Services, change_id: str) -> Review:
    """Raises `Conflict` before the change is made."""
    now = services.clock()
    with services.store.reading() as transaction:
        change = known_change(transaction, change_id, now)
        if change.implemented_at is None:
            raise Conflict(
                "change_not_implemented", f"{change.id} is {change.state.value}: nothing to look at."
            )
        since = (change.implemented_at - timedelta(days=services.publishing.usage_days)).date()
        rows = transaction.traffic.usage_of_major(
            change.contract, change.proposal.number.major, since, services.limits.usage_rows_judged_max
        )
    return Review(change, tuple(experiences(change, rows)))


def experiences(change: ChangeRequest, rows: list[Usage]) -> Iterable[Experience]:
    """Each affected consumer, by name."""
    for one in change.assessment.consumers:
        mine = [row for row in rows if row.consumer == one["consumer"]]
        before = summed(mine, change.proposal.number, after=False)
        after = summed(mine, change.proposal.number, after=True)
        yield Experience(str(one["consumer"]), str(one["owner"]), before, after, concluded(before, after))


def summed(rows: list[Usage], number: SemanticVersion, *, after: bool) -> Count:
    """The calls to versions below the number, or from it on."""
    counted = [row for row in rows if (semantic_version(row.version) >= number) is after]
    return Count(sum(row.calls for row in counted), sum(row.errors for row in counted))


def concluded(before: Count, after: Count) -> str:
    """Compares the shares of errors, crosswise, so that no count is divided by."""
    if after.calls == 0:
        return "SILENT"
    worse = after.errors * max(before.calls, 1) > before.errors * after.calls
    return "WORSE" if worse else "NO_WORSE"
