"""The shapes of plans, calendar entries and notices, as the contract of the API gives them."""

from __future__ import annotations

from typing import Any

from registry.model.plans import (
    Acknowledgement,
    CalendarEntry,
    ConsumerProgress,
    DeprecationPlan,
    Notice,
)
from registry.usecases.plans import PlanView
from registry.web.rendering import moment_json

Json = dict[str, Any]


def plan_json(plan: DeprecationPlan) -> Json:
    wanted = plan.definition
    return {
        "contract": plan.contract,
        "major": plan.major,
        "state": plan.state.value,
        "deprecateAt": moment_json(wanted.deprecate_at),
        "sunsetAt": moment_json(wanted.sunset_at),
        "successor": wanted.successor,
        "guide": wanted.guide,
        "milestones": [{"at": moment_json(one.at), "title": one.title} for one in wanted.milestones],
        "announcedAt": moment_json(plan.announced_at),
        "nextNoticeAt": moment_json(plan.next_notice_at),
    }


def plan_view_json(view: PlanView) -> Json:
    counts = {"left": sum(1 for one in view.consumers if one.is_left), "all": len(view.consumers)}
    return {
        **plan_json(view.plan),
        "owner": view.owner,
        "counts": counts,
        "consumers": [progress_json(one) for one in view.consumers],
    }


def progress_json(one: ConsumerProgress) -> Json:
    return {
        "consumer": one.consumer,
        "owner": one.owner,
        "progress": one.progress.value,
        "calls": one.calls,
        "lastSeen": moment_json(one.last_seen),
        "declared": one.declared,
        "acknowledgement": acknowledgement_json(one.acknowledgement) if one.acknowledgement else None,
    }


def acknowledgement_json(said: Acknowledgement) -> Json:
    return {
        "team": said.team,
        "at": moment_json(said.at),
        "clientId": said.client_id,
        "text": said.text,
        "movesBy": moment_json(said.moves_by),
    }


def entry_json(entry: CalendarEntry) -> Json:
    return {
        "at": moment_json(entry.at),
        "reason": entry.reason.value,
        "contract": entry.contract,
        "major": entry.major,
        "owner": entry.owner,
        "title": entry.title,
    }


def notice_json(notice: Notice) -> Json:
    return {
        "id": notice.id,
        "kind": notice.kind.value,
        "title": notice.title,
        "detail": notice.detail,
        "link": notice.link,
        "since": moment_json(notice.since),
        "dueAt": moment_json(notice.due_at),
        "contract": notice.contract,
        "major": notice.major,
        "consumers": list(notice.consumers),
        "unacknowledged": list(notice.unacknowledged),
    }
