"""What an approved change request is good for: one publication, and a gate that pipelines ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry.errors import Conflict, Invalid
from registry.model import (
    ChangeRequest,
    ChangeState,
    ChangeType,
    Compatibility,
    Obstacle,
    Version,
    rfc3339,
)
from registry.usecases.changes_approval import missing
from registry.usecases.changes_assessment import consumers_of
from registry.usecases.changes_reading import known_change
from registry.usecases.environments import known_environment, standing_freezes
from registry.usecases.evidence import UNREGISTERED
from registry.usecases.services import Services


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a pipeline may go on, and everything that stands in the way."""

    change: ChangeRequest
    environment: str
    obstacles: tuple[Obstacle, ...]

    @property
    def open(self) -> bool:
        return not self.obstacles


def approved_change(
    services: Services, contract_name: str, bundle_sha256: str, previous: Version, report: Mapping[str, Any]
) -> ChangeRequest | None:
    """The approved request for exactly this content, None without one.

    Raises `Conflict` with all reasons for one that cannot be used now.
    """
    now = services.clock()
    with services.store.reading() as transaction:
        live = transaction.changes.live(contract_name, services.changes.open_per_contract_max)
    change = next(
        (
            one
            for one in live
            if one.state is ChangeState.APPROVED
            and one.proposal.bundle_sha256 == bundle_sha256
            and one.expires_at > now
        ),
        None,
    )
    if change is None:
        return None
    reasons = use_obstacles(change, previous, report, now)
    if reasons:
        raise Conflict(
            "change_not_usable",
            f"{change.id} is approved and cannot be used: {' '.join(one.detail for one in reasons)}",
            problems=[{"code": one.code, "detail": one.detail} for one in reasons],
            report=report,
        )
    return change


def use_obstacles(
    change: ChangeRequest, previous: Version, report: Mapping[str, Any], now: datetime
) -> list[Obstacle]:
    """Why an approval does not hold any more: what it was given for has changed."""
    found = window_obstacles(change, now)
    if previous.bundle_sha256 != change.proposal.before_bundle_sha256:
        detail = f"It was judged against {change.proposal.before}; {previous.number} is in force: revise it."
        found.append(Obstacle("change_outdated", detail))
    asked_under, policy = policy_of(change.assessment.report), policy_of(report)
    if asked_under != policy:
        detail = f"The policy was {asked_under} when it was judged and is {policy} now: revise it."
        found.append(Obstacle("policy_changed", detail))
    asked = {one.team for one in change.assessment.requirements}
    hit = {str(one["owner"]) for one in consumers_of(report, {})} - {UNREGISTERED}
    unasked = sorted(hit - asked)
    if unasked and change.plan.type is ChangeType.NORMAL:
        detail = f"Consumers of {', '.join(unasked)} are affected since and were not asked: revise it."
        found.append(Obstacle("consumers_changed", detail))
    return found


def policy_of(report: Mapping[str, Any]) -> str:
    """The policy that a report was made under; earlier ones name none."""
    return str(report.get("policy", {}).get("name", Compatibility.BACKWARD.value))


def window_obstacles(change: ChangeRequest, now: datetime) -> list[Obstacle]:
    """Whether the moment is one that was asked for."""
    window = change.plan.window
    if window.holds(now):
        return []
    start = rfc3339(window.start) if window.start else "now"
    end = rfc3339(window.end) if window.end else "its expiry"
    return [Obstacle("window_closed", f"The change is to be made from {start} to {end}.")]


def gate(services: Services, change_id: str, environment: str) -> Gate:
    """May a pipeline make this change in that environment now? All reasons, not the first."""
    now = services.clock()
    with services.store.reading() as transaction:
        change = known_change(transaction, change_id, now)
        entries = transaction.changes.entries(change.id, services.changes.entries_max)
        freezes = standing_freezes(services, transaction)
    known_environment(services, environment)
    found: list[Obstacle] = []
    if environment not in change.plan.environments:
        names = ", ".join(change.plan.environments)
        found.append(Obstacle("environment_not_asked_for", f"The request is for {names}, not {environment}."))
    if change.state is ChangeState.OPEN:
        found.extend(missing(change, entries))
    elif change.state not in (ChangeState.APPROVED, ChangeState.IMPLEMENTED):
        found.append(Obstacle("change_closed", f"The request is {change.state.value}."))
    found.extend(window_obstacles(change, now))
    if change.plan.type is not ChangeType.EMERGENCY:
        found.extend(
            Obstacle("frozen", f"{environment} is frozen until {rfc3339(freeze.ends_at)}: {freeze.reason}")
            for freeze in freezes
            if freeze.holds(environment, now)
        )
    return Gate(change, environment, tuple(found))


def refuse_plan(environments: tuple[str, ...], start: datetime | None, end: datetime | None) -> None:
    """A plan names environments, and a window that has a length."""
    if not environments:
        raise Invalid("environments_missing", "Name the environments that the change is for.")
    if start is not None and end is not None and end <= start:
        raise Invalid("window_invalid", "The window ends before it starts.")
