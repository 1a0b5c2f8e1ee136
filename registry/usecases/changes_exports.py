"""A change request as the payload of another system, under that system's own field names. Pure.

ServiceNow: the columns of its table `change_request` (Table API). Jira: the body of its create-issue call
(REST API version 3, description in the Atlassian document format).
"""

from __future__ import annotations

from typing import Any

from registry.model import ChangeRequest, ChangeState, Requirement, Role, rfc3339
from registry.usecases.changes_reading import ChangeView

Json = dict[str, Any]
SHORT_CHARS_MAX = 160
SUMMARY_CHARS_MAX = 255
STATES = {
    ChangeState.OPEN: "-4",
    ChangeState.APPROVED: "-2",
    ChangeState.REJECTED: "4",
    ChangeState.WITHDRAWN: "4",
    ChangeState.EXPIRED: "4",
    ChangeState.IMPLEMENTED: "0",
}
"""Assess, Scheduled, Canceled, Review."""
APPROVALS = {
    ChangeState.OPEN: "requested",
    ChangeState.APPROVED: "approved",
    ChangeState.IMPLEMENTED: "approved",
    ChangeState.REJECTED: "rejected",
}
RANKS = {"high": "1", "medium": "2", "low": "3"}
RISKS = {"high": "2", "medium": "3", "low": "4"}


def service_now(view: ChangeView) -> Json:
    """One row of `change_request`."""
    change, risk = view.change, view.change.assessment.risk
    window, plan = change.plan.window, change.plan
    tests = ", ".join(f"{one.suite} {one.run} {one.outcome.value}" for one in view.tests)
    return {
        "type": plan.type.value,
        "short_description": one_line(change)[:SHORT_CHARS_MAX],
        "description": description(change),
        "category": "API contract",
        "priority": RANKS[risk["level"]],
        "risk": RISKS[risk["level"]],
        "impact": RANKS[risk["level"]],
        "assignment_group": change.owner,
        "requested_by": change.authors[0],
        "cmdb_ci": change.contract,
        "business_service": change.contract,
        "start_date": stamp(window.start or change.opened_at),
        "end_date": stamp(window.end or change.expires_at),
        "justification": plan.justification,
        "implementation_plan": plan.implementation or f"Publish {change.contract} {change.proposal.number}.",
        "backout_plan": f"{change.assessment.backout['plan']} Going back is "
        f"{change.assessment.backout['verdict']}.",
        "test_plan": tests or "No tests of exactly this content are recorded.",
        "risk_impact_analysis": f"{risk['level']}: {risk['arithmetic']}. {affected(change)}",
        "cab_required": "true" if asks_board(change.assessment.requirements) else "false",
        "approval": APPROVALS.get(change.state, "not requested"),
        "state": STATES[change.state],
        "conflict_status": "Conflict" if view.collisions or view.freezes else "No Conflict",
        "correlation_id": change.id,
        "correlation_display": change.digest,
    }


def jira(view: ChangeView) -> Json:
    """The body that creates an issue; the project is the caller's to add."""
    change = view.change
    approvers = ", ".join(f"{one.team} ({one.role.value})" for one in change.assessment.requirements)
    paragraphs = [
        description(change),
        affected(change),
        f"Risk {change.assessment.risk['level']}: {change.assessment.risk['arithmetic']}.",
        f"Approvals: {approvers or 'none needed'}.",
        f"Backout: {change.assessment.backout['plan']}",
        f"Change request {change.id}, digest {change.digest}.",
    ]
    content = [{"type": "paragraph", "content": [{"type": "text", "text": one}]} for one in paragraphs]
    fields = {
        "issuetype": {"name": "Change"},
        "summary": one_line(change)[:SUMMARY_CHARS_MAX],
        "description": {"type": "doc", "version": 1, "content": content},
        "priority": {"name": str(change.assessment.risk["level"]).capitalize()},
        "labels": [f"contract-{change.contract}", f"change-{change.plan.type.value}"],
    }
    end = change.plan.window.end
    return {"fields": fields | ({"duedate": end.date().isoformat()} if end else {})}


def one_line(change: ChangeRequest) -> str:
    return f"{change.contract} {change.proposal.before} to {change.proposal.number}: {change.plan.title}"


def description(change: ChangeRequest) -> str:
    """What changes, finding by finding."""
    findings = [
        f"{str(one['level']).upper()} {one['message']}"
        for one in change.assessment.report["findings"]
        if one["level"] != "info"
    ]
    verdict = change.assessment.report["verdict"]
    return "\n".join([f"{one_line(change)}. The change is {verdict}.", *findings])


def affected(change: ChangeRequest) -> str:
    """Who is hit."""
    named = [
        f"{one['consumer']} of {one['owner']} ({one['status']}, {one['calls']} calls)"
        for one in change.assessment.consumers
    ]
    return f"Affected: {', '.join(named)}." if named else "No consumer is known to be affected."


def asks_board(requirements: tuple[Requirement, ...]) -> bool:
    return any(one.role is Role.BOARD for one in requirements)


def stamp(at: Any) -> str:
    """ServiceNow writes moments as `YYYY-MM-DD hh:mm:ss` in UTC."""
    return rfc3339(at).replace("T", " ")[:19]
