"""The shapes of change requests, as the contract of the API gives them."""

from __future__ import annotations

from typing import Any

from registry.model import ChangeEntry, ChangePlan, ChangeRequest, Obstacle
from registry.usecases.changes_approval import Met
from registry.usecases.changes_reading import ChangeView
from registry.usecases.changes_review import Review
from registry.usecases.changes_use import Gate
from registry.web.environment_rendering import evidence_json, freeze_json
from registry.web.rendering import moment_json, reference_json

Json = dict[str, Any]


def change_summary_json(change: ChangeRequest) -> Json:
    """As a list shows it."""
    return {
        "id": change.id,
        "contract": change.contract,
        "owner": change.owner,
        "from": str(change.proposal.before),
        "to": str(change.proposal.number),
        "type": change.plan.type.value,
        "state": change.state.value,
        "title": change.plan.title,
        "verdict": change.assessment.report["verdict"],
        "risk": {"score": change.assessment.risk["score"], "level": change.assessment.risk["level"]},
        "author": change.authors[0],
        "authorTeam": change.author_team,
        "openedAt": moment_json(change.opened_at),
        "expiresAt": moment_json(change.expires_at),
        "approvedAt": moment_json(change.approved_at),
        "implementedAt": moment_json(change.implemented_at),
        "digest": change.digest,
    }


def change_json(view: ChangeView) -> Json:
    """With everything that a decision needs."""
    change, assessment = view.change, view.change.assessment
    consumers = [dict(one) for one in assessment.consumers]
    return {
        **change_summary_json(change),
        "authors": list(change.authors),
        "plan": plan_json(change.plan),
        "proposal": {
            "bundleSha256": change.proposal.bundle_sha256,
            "beforeBundleSha256": change.proposal.before_bundle_sha256,
            "documents": [reference_json(one) for one in change.proposal.documents],
        },
        "risk": dict(assessment.risk),
        "consumers": consumers,
        "consult": sorted({one["owner"] for one in consumers}),
        "workflows": [one["consumer"] for one in consumers if one["layer"] == "process"],
        "backout": dict(assessment.backout),
        "requirements": [requirement_json(met) for met in view.requirements],
        "eyesMin": assessment.eyes_min,
        "missing": [obstacle_json(one) for one in view.missing],
        "collisions": [
            {"change": one.change, "contract": one.contract, "reason": one.reason} for one in view.collisions
        ],
        "freezes": [freeze_json(one) for one in view.freezes],
        "tests": [evidence_json(one) for one in view.tests],
        "entries": [entry_json(entry) for entry in view.entries],
        "report": dict(assessment.report),
    }


def plan_json(plan: ChangePlan) -> Json:
    return {
        "justification": plan.justification,
        "environments": list(plan.environments),
        "windowStart": moment_json(plan.window.start),
        "windowEnd": moment_json(plan.window.end),
        "implementation": plan.implementation,
        "backout": plan.backout,
    }


def requirement_json(met: Met) -> Json:
    return {
        "role": met.requirement.role.value,
        "team": met.requirement.team,
        "reason": met.requirement.reason,
        "approvedBy": met.by.client_id if met.by else None,
        "approvedAt": moment_json(met.by.at) if met.by else None,
    }


def entry_json(entry: ChangeEntry) -> Json:
    return {
        "at": moment_json(entry.at),
        "kind": entry.kind.value,
        "clientId": entry.client_id,
        "team": entry.team,
        "digest": entry.digest,
        "text": entry.text,
    }


def obstacle_json(obstacle: Obstacle) -> Json:
    return {"code": obstacle.code, "detail": obstacle.detail}


def gate_json(gate: Gate) -> Json:
    return {
        "change": gate.change.id,
        "environment": gate.environment,
        "open": gate.open,
        "state": gate.change.state.value,
        "version": str(gate.change.proposal.number),
        "bundleSha256": gate.change.proposal.bundle_sha256,
        "reasons": [obstacle_json(one) for one in gate.obstacles],
    }


def review_json(review: Review) -> Json:
    return {
        "change": review.change.id,
        "version": str(review.change.proposal.number),
        "implementedAt": moment_json(review.change.implemented_at),
        "consumers": [
            {
                "consumer": one.consumer,
                "owner": one.owner,
                "callsBefore": one.before.calls,
                "errorsBefore": one.before.errors,
                "callsAfter": one.after.calls,
                "errorsAfter": one.after.errors,
                "conclusion": one.conclusion,
            }
            for one in review.experiences
        ],
    }
