"""Plans to end a major version: announced, revised, acknowledged, withdrawn, and carried out in time.

While a plan is active its dates are the version's life cycle. The consumers' owners are told when it is
announced or revised, at each of its dates, and some days before the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from registry.audit.entries import state_hash
from registry.errors import Conflict, Contention, Invalid, NotFound, PreconditionFailed
from registry.model import (
    Actor,
    Contract,
    Lifecycle,
    State,
    Verb,
    highest_of,
    rfc3339,
    storable,
)
from registry.model.plans import (
    Acknowledgement,
    ConsumerProgress,
    DeprecationPlan,
    NoticeReason,
    PlanDefinition,
    PlanState,
    moments_of,
    next_moment,
)
from registry.ports import Transaction
from registry.usecases.announcements import ITSELF
from registry.usecases.lifecycle import check_successor, write_lifecycle
from registry.usecases.plans_progress import progress_of, tell
from registry.usecases.services import (
    Page,
    Services,
    known_consumer,
    known_contract,
    owner_or_admin,
    page,
    permitted,
)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with everybody whom it concerns."""

    plan: DeprecationPlan
    owner: str
    consumers: tuple[ConsumerProgress, ...]


def put_plan(
    services: Services,
    actor: Actor,
    contract_name: str,
    major: int,
    asked: PlanDefinition,
    expected: Callable[[str], bool],
) -> PlanView:
    """Announces or revises a plan, and tells those whom it concerns; the owner team's to do.

    ``expected`` tells whether the caller saw the epoch that stands (0: none).
    """
    now = services.clock()
    refuse_definition(services, asked, now)
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.DEPRECATE, contract)
        known_major(transaction, contract.name, major)
        check_successor(transaction, contract.name, major, asked.successor)
        there = transaction.plans.plan(contract.name, major)
        running = there is not None and there.state is PlanState.ACTIVE
        plan = DeprecationPlan(
            contract=contract.name,
            major=major,
            definition=asked,
            state=PlanState.ACTIVE,
            announced_at=there.announced_at if there and running else now,
            announced_by=actor.client_id,
            next_notice_at=next_moment(asked, services.plans.reminder_days, now),
            epoch=there.epoch if there else 0,
        )
        if not expected(str(plan.epoch)) or not transaction.plans.put(plan):
            raise PreconditionFailed(
                "precondition_failed",
                f"The plan for {contract.name} v{major} is not the one If-Match names: read it again.",
            )
        before = transaction.catalog.lifecycle(contract.name, major)
        if before.state is State.RETIRED:
            raise Conflict("lifecycle_final", f"{contract.name} v{major} is retired and stays so.")
        write_lifecycle(services, transaction, actor, contract, major, lifecycle_at(plan, now), behalf)
        action = "plan.revised" if running else "plan.announced"
        audit(services, transaction, actor, action, plan, behalf, there)
        reason = NoticeReason.REVISED if running else NoticeReason.ANNOUNCED
        tell(services, transaction, contract, plan, reason, f"The plan is {reason.value}.")
        transaction.advance_revision()
        return view(services, transaction, contract, replace(plan, epoch=plan.epoch + 1))


def refuse_definition(services: Services, asked: PlanDefinition, now: datetime) -> None:
    """Raises `Invalid` for dates in an order that makes no sense, and for what cannot be kept."""
    if len(asked.milestones) > services.plans.milestones_max:
        raise Invalid(
            "too_many_milestones", f"A plan has {services.plans.milestones_max} milestones at most."
        )
    if asked.sunset_at <= now:
        raise Invalid("sunset_passed", "sunsetAt is to come: nobody moves in the past.")
    if asked.sunset_at <= asked.deprecate_at:
        raise Invalid("sunset_before_deprecation", "A version is deprecated before it ends (RFC 9745).")
    late = [one.title for one in asked.milestones if not one.at < asked.sunset_at]
    if late:
        raise Invalid("milestone_too_late", f"A milestone comes before the end: {', '.join(late)}.")
    if not all(storable(text) for text in (asked.guide or "", *(one.title for one in asked.milestones))):
        raise Invalid("text_invalid", "A text of the plan has a character that is not text.")


def known_major(transaction: Transaction, contract_name: str, major: int) -> None:
    """`NotFound` where no version of that number was published."""
    if highest_of(transaction.catalog.numbers(contract_name), major) is None:
        raise NotFound("version_not_found", f"There is no version {major} of {contract_name}.")


def lifecycle_at(plan: DeprecationPlan, now: datetime) -> Lifecycle:
    """The state that the plan's dates give a version, with the dates that gateways announce."""
    wanted = plan.definition
    state = State.PUBLISHED
    if wanted.deprecate_at <= now:
        state = State.SUNSET if wanted.sunset_at <= now else State.DEPRECATED
    return Lifecycle(state, wanted.deprecate_at, wanted.sunset_at, wanted.successor)


def get_plan(services: Services, contract_name: str, major: int) -> PlanView:
    """The plan, or `NotFound`."""
    with services.store.reading() as transaction:
        contract = known_contract(transaction, contract_name)
        return view(services, transaction, contract, known_plan(transaction, contract.name, major))


def view(services: Services, transaction: Transaction, contract: Contract, plan: DeprecationPlan) -> PlanView:
    """The plan within a transaction that is open already."""
    return PlanView(plan, contract.owner, tuple(progress_of(services, transaction, plan)))


def known_plan(transaction: Transaction, contract_name: str, major: int) -> DeprecationPlan:
    """The plan, or `NotFound`."""
    plan = transaction.plans.plan(contract_name, major)
    if plan is None:
        raise NotFound("plan_not_found", f"There is no plan to end {contract_name} v{major}.")
    return plan


def list_plans(
    services: Services,
    contract: str | None,
    state: PlanState | None,
    after: tuple[str, int] | None,
    count: int,
) -> Page[DeprecationPlan]:
    """By contract and major version."""
    with services.store.reading() as transaction:
        found = transaction.plans.plans(contract, state, after, count + 1)
    return page(found, count, lambda plan: (plan.contract, str(plan.major)))


def withdraw_plan(services: Services, actor: Actor, contract_name: str, major: int) -> None:
    """The version does not end after all: it is published again, and those concerned are told."""
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        behalf = permitted(actor, Verb.DEPRECATE, contract)
        plan = known_plan(transaction, contract.name, major)
        if plan.state is PlanState.WITHDRAWN:
            return
        if plan.state is PlanState.COMPLETED:
            raise Conflict("plan_completed", f"{contract.name} v{major} is retired: its plan is completed.")
        withdrawn = replace(plan, state=PlanState.WITHDRAWN, next_notice_at=None)
        if not transaction.plans.put(withdrawn):
            raise Contention("write_conflict", "Another request changed the plan first.")
        write_lifecycle(services, transaction, actor, contract, major, Lifecycle(), behalf)
        audit(services, transaction, actor, "plan.withdrawn", withdrawn, behalf, plan)
        reason = NoticeReason.WITHDRAWN
        tell(services, transaction, contract, withdrawn, reason, "The version does not end after all.")
        transaction.advance_revision()


def acknowledge(
    services: Services,
    actor: Actor,
    contract_name: str,
    major: int,
    consumer_name: str,
    text: str | None,
    moves_by: datetime | None,
) -> PlanView:
    """The consumer's owner has seen the plan; said again, it replaces what was said before."""
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        plan = known_plan(transaction, contract.name, major)
        consumer = known_consumer(transaction, consumer_name)
        behalf = owner_or_admin(actor, consumer.owner, consumer.name)
        if plan.state is not PlanState.ACTIVE:
            raise Conflict("plan_not_active", f"The plan is {plan.state.value}.")
        if consumer.name not in {one.consumer for one in progress_of(services, transaction, plan)}:
            raise NotFound(
                "consumer_not_concerned",
                f"{consumer.name} neither calls nor declares {contract.name} v{major}.",
            )
        said = Acknowledgement(
            consumer.name, consumer.owner, services.clock(), actor.client_id, text, moves_by
        )
        transaction.plans.acknowledge(contract.name, major, said)
        detail = {
            "consumer": consumer.name,
            "text": text,
            "movesBy": rfc3339(moves_by) if moves_by else None,
        }
        transaction.security.audit(
            services.entry(actor, "plan.acknowledged", subject_of(plan), on_behalf_of=behalf, detail=detail)
        )
        return view(services, transaction, contract, plan)


def advance(services: Services) -> int:
    """Carries out what the dates of plans ask for by now; how many plans that was.

    Several processes may do this at a time: of two that tell of the same plan one is rolled back.
    """
    with services.store.reading() as transaction:
        due = transaction.plans.due(services.clock(), services.plans.handled_at_once_max)
    done = 0
    for one in due:
        try:
            done += advance_one(services, one.contract, one.major)
        except Contention:
            continue
    return done


def advance_one(services: Services, contract_name: str, major: int) -> bool:
    """Moves the life cycle on and tells of the dates that have passed, together where they are several."""
    now, reminders = services.clock(), services.plans.reminder_days
    with services.store.writing() as transaction:
        contract = known_contract(transaction, contract_name)
        plan = known_plan(transaction, contract_name, major)
        if plan.state is not PlanState.ACTIVE or plan.next_notice_at is None or plan.next_notice_at > now:
            return False
        passed = [
            one for one in moments_of(plan.definition, reminders) if plan.next_notice_at <= one.at <= now
        ]
        moved = replace(plan, next_notice_at=next_moment(plan.definition, reminders, now))
        if not transaction.plans.put(moved):
            raise Contention("write_conflict", "Another process told of the plan first.")
        wanted = lifecycle_at(plan, now)
        if wanted != transaction.catalog.lifecycle(contract_name, major):
            write_lifecycle(services, transaction, ITSELF, contract, major, wanted, contract.owner)
            transaction.advance_revision()
        if passed:
            title = " ".join(dict.fromkeys(one.title for one in passed))
            tell(services, transaction, contract, moved, passed[-1].reason, title)
    return True


def audit(
    services: Services,
    transaction: Transaction,
    actor: Actor,
    action: str,
    plan: DeprecationPlan,
    behalf: str | None,
    before: DeprecationPlan | None,
) -> None:
    """What was planned."""
    detail = definition_json(plan)
    transaction.security.audit(
        services.entry(
            actor,
            action,
            subject_of(plan),
            on_behalf_of=behalf,
            detail=detail,
            before=state_hash(definition_json(before)) if before else None,
            after=state_hash(detail),
        )
    )


def subject_of(plan: DeprecationPlan) -> str:
    """The plan's name in the audit."""
    return f"{plan.contract}/v{plan.major}"


def definition_json(plan: DeprecationPlan) -> dict[str, object]:
    """The plan as it is hashed."""
    wanted = plan.definition
    return {
        "state": plan.state.value,
        "deprecateAt": rfc3339(wanted.deprecate_at),
        "sunsetAt": rfc3339(wanted.sunset_at),
        "successor": wanted.successor,
        "guide": wanted.guide,
        "milestones": [[rfc3339(one.at), one.title] for one in wanted.milestones],
    }
