"""How far the consumers of a version that ends are, and telling their owners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from registry.model import Contract, rfc3339, semantic_version
from registry.model.plans import (
    Caller,
    ConsumerProgress,
    DeprecationPlan,
    NoticeReason,
    Progress,
)
from registry.model.webhooks import EventType
from registry.ports import Transaction
from registry.usecases.announcements import announce
from registry.usecases.services import Services


def progress_of(
    services: Services, transaction: Transaction, plan: DeprecationPlan
) -> list[ConsumerProgress]:
    """Everybody who called the version since shortly before the plan was announced, or declares its use.

    Who called it within the quiet days that a retirement demands is calling. Who does not, and calls the
    successor's major version, has moved; who calls neither has stopped.
    """
    now, policy = services.clock(), services.publishing
    most, usage = services.plans.consumers_max, timedelta(days=policy.usage_days)

    def callers(major: int, since: Any) -> dict[str, Caller]:
        found = transaction.plans.callers(plan.contract, major, since.date(), most)
        return {one.consumer: one for one in found}

    before = callers(plan.major, plan.announced_at - usage)
    lately = callers(plan.major, now - timedelta(days=policy.retirement_quiet_days))
    successor = plan.definition.successor
    moved = callers(semantic_version(successor).major, now - usage) if successor else {}
    subscribers = transaction.parties.subscribers(plan.contract, plan.major)
    declared = {one.consumer: owner for one, owner in subscribers}
    said = transaction.plans.acknowledgements(plan.contract, plan.major)
    found = []
    for name in sorted({*before, *lately, *declared}):
        seen = lately.get(name) or before.get(name)
        found.append(
            ConsumerProgress(
                consumer=name,
                owner=declared.get(name) or (seen.owner if seen else None),
                progress=state_of(name in lately, name in declared, name in moved),
                calls=lately[name].calls if name in lately else 0,
                last_seen=seen.last_seen if seen else None,
                declared=name in declared,
                acknowledgement=said.get(name),
            )
        )
    return found


def state_of(calls: bool, declares: bool, calls_successor: bool) -> Progress:
    """What counts first is what is observed."""
    if calls:
        return Progress.CALLING
    if calls_successor:
        return Progress.MOVED
    return Progress.DECLARED if declares else Progress.STOPPED


def tell(
    services: Services,
    transaction: Transaction,
    contract: Contract,
    plan: DeprecationPlan,
    reason: NoticeReason,
    title: str,
) -> None:
    """A notice to the owner of each consumer that still has to move, and one with all to the contract's."""
    left = [one for one in progress_of(services, transaction, plan) if one.is_left]
    concerned: dict[str, list[ConsumerProgress]] = {}
    for one in left:
        if one.owner is not None:
            concerned.setdefault(one.owner, []).append(one)
    concerned[contract.owner] = left
    for team, consumers in sorted(concerned.items()):
        data = notice_data(contract, plan, reason, title, consumers)
        subject = f"{plan.contract}/v{plan.major}"
        announce(
            services,
            transaction,
            EventType.DEPRECATION_NOTICE,
            subject,
            data,
            contract=contract,
            teams=(team,),
        )


def notice_data(
    contract: Contract,
    plan: DeprecationPlan,
    reason: NoticeReason,
    title: str,
    consumers: Sequence[ConsumerProgress],
) -> dict[str, Any]:
    """What a notice says."""
    wanted = plan.definition
    return {
        "contract": plan.contract,
        "major": plan.major,
        "owner": contract.owner,
        "reason": reason.value,
        "title": title,
        "deprecateAt": rfc3339(wanted.deprecate_at),
        "sunsetAt": rfc3339(wanted.sunset_at),
        "successor": wanted.successor,
        "guide": wanted.guide,
        "consumers": [
            {
                "consumer": one.consumer,
                "owner": one.owner,
                "progress": one.progress.value,
                "calls": one.calls,
                "lastSeen": rfc3339(one.last_seen) if one.last_seen else None,
                "acknowledged": one.acknowledgement is not None,
            }
            for one in consumers
        ],
    }
