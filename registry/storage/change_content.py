"""The part of a change request that no query asks for, as the JSON it is stored as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry.model import (
    Assessment,
    ChangePlan,
    ChangeRequest,
    ChangeType,
    ChangeWindow,
    DocumentReference,
    Proposal,
    Requirement,
    Role,
    moment,
    rfc3339,
    semantic_version,
)

Json = dict[str, Any]


def content_of(change: ChangeRequest) -> Json:
    """The stored form."""
    plan, proposal, assessment = change.plan, change.proposal, change.assessment
    return {
        "owner": change.owner,
        "authors": list(change.authors),
        "plan": {
            "type": plan.type.value,
            "title": plan.title,
            "justification": plan.justification,
            "environments": list(plan.environments),
            "start": rfc3339(plan.window.start) if plan.window.start else None,
            "end": rfc3339(plan.window.end) if plan.window.end else None,
            "implementation": plan.implementation,
            "backout": plan.backout,
        },
        "proposal": {
            "number": str(proposal.number),
            "bundle": proposal.bundle_sha256,
            "documents": [[one.uri, one.sha256] for one in proposal.documents],
            "before": str(proposal.before),
            "beforeBundle": proposal.before_bundle_sha256,
        },
        "assessment": {
            "report": dict(assessment.report),
            "consumers": [dict(one) for one in assessment.consumers],
            "risk": dict(assessment.risk),
            "requirements": [[one.role.value, one.team, one.reason] for one in assessment.requirements],
            "eyesMin": assessment.eyes_min,
            "backout": dict(assessment.backout),
        },
    }


def plan_of(value: Mapping[str, Any]) -> ChangePlan:
    """The author's part."""
    start, end = value["start"], value["end"]
    return ChangePlan(
        type=ChangeType(value["type"]),
        title=value["title"],
        justification=value["justification"],
        environments=tuple(value["environments"]),
        window=ChangeWindow(moment(start) if start else None, moment(end) if end else None),
        implementation=value["implementation"],
        backout=value["backout"],
    )


def proposal_of(value: Mapping[str, Any]) -> Proposal:
    """What is proposed."""
    return Proposal(
        number=semantic_version(value["number"]),
        bundle_sha256=value["bundle"],
        documents=tuple(DocumentReference(uri, sha256) for uri, sha256 in value["documents"]),
        before=semantic_version(value["before"]),
        before_bundle_sha256=value["beforeBundle"],
    )


def assessment_of(value: Mapping[str, Any]) -> Assessment:
    """What it was judged to be."""
    return Assessment(
        report=value["report"],
        consumers=tuple(value["consumers"]),
        risk=value["risk"],
        requirements=tuple(
            Requirement(Role(role), team, reason) for role, team, reason in value["requirements"]
        ),
        eyes_min=value["eyesMin"],
        backout=value["backout"],
    )
