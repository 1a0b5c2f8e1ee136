"""Deprecating, sunsetting and retiring a major version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from registry.audit.entries import state_hash
from registry.errors import Conflict, Contention, Invalid, PreconditionFailed
from registry.model import (
    Actor,
    Contract,
    Lifecycle,
    State,
    Verb,
    Version,
    VersionState,
    rfc3339,
    semantic_version,
)
from registry.model.plans import DeprecationPlan, PlanState
from registry.ports import Transaction
from registry.usecases.announcements import announce_lifecycle
from registry.usecases.evidence import evidence_of
from registry.usecases.plans_progress import progress_of
from registry.usecases.services import Services, known_contract, known_version, permitted


def set_lifecycle(
    services: Services,
    actor: Actor,
    contract_name: str,
    wanted: str,
    asked: Lifecycle,
    expected: Callable[[str], bool],
) -> VersionState:
    """Sets the state of the whole major version of the version named; the owner team's to do.

    ``expected`` tells whether the caller saw the state with this tag; `PreconditionFailed` when it did not.
    Raises `Conflict` for a retired major version, `Invalid` for dates or a successor that make no sense.
    """
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.DEPRECATE, contract)
        version = known_version(transaction, contract_name, wanted)
        major = version.number.major
        before = transaction.catalog.lifecycle(contract.name, major)
        if not expected(state_tag(VersionState(version, before))):
            raise PreconditionFailed(
                "precondition_failed",
                f"The life cycle of {contract.name} v{major} is not the one If-Match names: read it again.",
            )
        if before.state is State.RETIRED and asked.state is not State.RETIRED:
            raise Conflict("lifecycle_final", f"{contract.name} v{major} is retired and stays so.")
        retires = asked.state is State.RETIRED and before.state is not State.RETIRED
        plan = running_plan(transaction, contract.name, major)
        if plan is not None and not retires:
            raise Conflict(
                "plan_active",
                f"The life cycle of {contract.name} v{major} follows its deprecation plan: revise or "
                "withdraw that.",
            )
        if retires:
            refuse_while_called(services, transaction, contract.name, major)
        settled = with_dates(asked, before, services.clock())
        if plan is not None:
            complete(services, transaction, plan)
        else:
            refuse_broken_promise(services, transaction, version, before, settled)
        check_successor(transaction, contract.name, major, settled.successor)
        write_lifecycle(services, transaction, actor, contract, major, settled, behalf)
        transaction.advance_revision()
    return VersionState(version, settled)


def write_lifecycle(
    services: Services,
    transaction: Transaction,
    actor: Actor,
    contract: Contract,
    major: int,
    settled: Lifecycle,
    behalf: str | None,
) -> None:
    """Writes a state that was decided on, with its audit entry and its announcement."""
    before = transaction.catalog.lifecycle(contract.name, major)
    transaction.catalog.set_lifecycle(contract.name, major, settled)
    if settled.state is State.RETIRED:
        transaction.discovery.remove(contract.name, major)
    detail = {
        "major": major,
        "before": before.state.value,
        "after": settled.state.value,
        "sunsetAt": rfc3339(settled.sunset_at) if settled.sunset_at else None,
    }
    transaction.security.audit(
        services.entry(
            actor,
            "contract.lifecycle_set",
            contract.name,
            on_behalf_of=behalf,
            detail=detail,
            before=lifecycle_hash(before),
            after=lifecycle_hash(settled),
        )
    )
    announce_lifecycle(services, transaction, contract, major, before, settled)


def running_plan(transaction: Transaction, contract_name: str, major: int) -> DeprecationPlan | None:
    """The active plan to end the version."""
    plan = transaction.plans.plan(contract_name, major)
    return plan if plan is not None and plan.state is PlanState.ACTIVE else None


def complete(services: Services, transaction: Transaction, plan: DeprecationPlan) -> None:
    """A retirement ends the plan. Before the date that was promised, nobody may be left."""
    left = [one for one in progress_of(services, transaction, plan) if one.is_left]
    if left and services.clock() < plan.definition.sunset_at:
        named = [f"{one.consumer} of {one.owner or 'nobody registered'}" for one in left]
        raise Conflict(
            "sunset_promised",
            f"{plan.contract} v{plan.major} is promised until {rfc3339(plan.definition.sunset_at)} and "
            f"declared by {'; '.join(named)}.",
            problems=[{"code": "consumer_left", "detail": one} for one in named],
        )
    completed = replace(plan, state=PlanState.COMPLETED, next_notice_at=None)
    if not transaction.plans.put(completed):
        raise Contention("write_conflict", "Another request changed the plan first.")


def refuse_while_called(services: Services, transaction: Transaction, contract_name: str, major: int) -> None:
    """A major version that somebody called lately is not retired; the refusal names each of them."""
    days = services.publishing.retirement_quiet_days
    since = (services.clock() - timedelta(days=days)).date()
    calling = transaction.plans.callers(contract_name, major, since, services.plans.consumers_max)
    if calling:
        calling.sort(key=lambda one: one.consumer)
        named = [
            f"{one.consumer} of {one.owner or 'nobody registered'}: {one.calls} calls" for one in calling
        ]
        raise Conflict(
            "still_called",
            f"{contract_name} v{major} was called in the last {days} days by {'; '.join(named)}.",
            problems=[{"code": "consumer_calls", "detail": one} for one in named],
        )


def refuse_broken_promise(
    services: Services, transaction: Transaction, version: Version, before: Lifecycle, asked: Lifecycle
) -> None:
    """Service promised until a date is given until then, as long as anybody uses the major version.

    Whoever called lately or is subscribed has planned with the date that was announced; with nobody there the
    promise was made to nobody. A later date, or none, breaks no promise.
    """
    promised = before.sunset_at
    if promised is None or services.clock() >= promised:
        return
    ends = services.clock() if asked.state in (State.SUNSET, State.RETIRED) else asked.sunset_at
    if ends is None or ends >= promised:
        return
    users = sorted({one.consumer for one in evidence_of(services, transaction, version)})
    if users:
        raise Conflict(
            "sunset_promised",
            f"{version.contract} v{version.number.major} is promised until {rfc3339(promised)} and used by "
            f"{', '.join(users)}: it cannot end earlier.",
            problems=[
                {"code": "consumer_relies", "detail": f"{name} was promised that date."} for name in users
            ],
        )


def state_tag(found: VersionState) -> str:
    """Names what a version shows: its content, which never changes, and the state of its major version."""
    version, lifecycle = found.version, found.lifecycle
    dates = (lifecycle.deprecated_at, lifecycle.sunset_at)
    shown = (
        version.contract,
        str(version.number),
        version.bundle_sha256,
        lifecycle.state.value,
        *(rfc3339(at) if at else None for at in dates),
        lifecycle.successor,
    )
    return hashlib.sha256(json.dumps(shown).encode("ascii")).hexdigest()[:32]


def lifecycle_hash(lifecycle: Lifecycle) -> str:
    """The digest of a state for the audit."""
    dates = (lifecycle.deprecated_at, lifecycle.sunset_at)
    shown = [lifecycle.state.value, *(rfc3339(at) if at else None for at in dates), lifecycle.successor]
    return state_hash(shown)


def with_dates(asked: Lifecycle, before: Lifecycle, now: datetime) -> Lifecycle:
    """Dates filled in where the state needs them: deprecated since now unless it was before."""
    deprecated_at, sunset_at = asked.deprecated_at, asked.sunset_at
    if asked.state is not State.PUBLISHED and deprecated_at is None:
        deprecated_at = before.deprecated_at or now
        if sunset_at is not None and sunset_at < deprecated_at and before.deprecated_at is None:
            deprecated_at = sunset_at
    if asked.state in (State.SUNSET, State.RETIRED) and sunset_at is None:
        sunset_at = before.sunset_at or now
    if deprecated_at is not None and sunset_at is not None and sunset_at < deprecated_at:
        raise Invalid(
            "sunset_before_deprecation",
            "sunsetAt is earlier than deprecatedAt (RFC 9745 section 4): a version is deprecated first.",
        )
    return Lifecycle(asked.state, deprecated_at, sunset_at, asked.successor)


def check_successor(transaction: Transaction, contract_name: str, major: int, successor: str | None) -> None:
    """A successor is a published version of the same contract in another major version."""
    if successor is None:
        return
    number = semantic_version(successor)
    if number.major == major or number not in transaction.catalog.numbers(contract_name):
        raise Invalid("successor_unknown", f"{successor} is no published version of another major version.")
