"""The shapes of artifacts, bindings and exceptions, as the contract of the API gives them."""

from __future__ import annotations

from datetime import date
from typing import Any

from registry.model.artifacts import Artifact, ArtifactVersion, RuleException, RulesetBinding
from registry.usecases.artifacts import Kept
from registry.usecases.mapping_conflicts import MappingConflict
from registry.usecases.mapping_impact import FieldImpact, Impact
from registry.usecases.mapping_reading import end_json
from registry.web.rendering import moment_json

Json = dict[str, Any]


def artifact_json(artifact: Artifact) -> Json:
    return {
        "kind": artifact.kind.value,
        "name": artifact.name,
        "owner": artifact.owner,
        "createdAt": moment_json(artifact.created_at),
        "vendor": artifact.vendor,
        "product": artifact.product,
    }


def artifact_version_json(version: ArtifactVersion) -> Json:
    return {
        "kind": version.kind.value,
        "name": version.name,
        "version": version.version,
        "uri": version.uri,
        "sha256": version.sha256,
        "sizeBytes": version.size_bytes,
        "publishedAt": moment_json(version.published_at),
        "publishedBy": version.published_by,
        "onBehalfOf": version.on_behalf_of,
        "withdrawnAt": moment_json(version.withdrawn_at),
        "detail": dict(version.detail),
    }


def kept_json(kept: Kept) -> Json:
    impact = {"impact": impact_json(kept.impact)} if kept.impact else {}
    return {"version": artifact_version_json(kept.version), **impact}


def impact_json(impact: Impact) -> Json:
    return {
        "before": impact.before,
        "mappings": impact.mappings,
        "leftOut": impact.left_out,
        "fields": [field_impact_json(one) for one in impact.fields],
        **({"report": impact.report} if impact.report is not None else {}),
    }


def field_impact_json(one: FieldImpact) -> Json:
    return {
        "mapping": one.mapping,
        "version": one.mapping_version,
        "owner": one.owner,
        "side": one.side,
        "pointer": one.pointer,
        "counterpart": one.counterpart,
        "change": one.change,
        "level": one.level,
        "detail": one.detail,
        "advice": one.advice,
    }


def conflict_json(conflict: MappingConflict) -> Json:
    return {
        "source": end_json(conflict.source),
        "target": end_json(conflict.target),
        "pointer": conflict.pointer,
        "claims": [
            {
                "mapping": claim.mapping,
                "version": claim.version,
                "owner": claim.owner,
                "from": claim.source,
                "values": dict(claim.values),
            }
            for claim in conflict.claims
        ],
    }


def binding_json(binding: RulesetBinding) -> Json:
    return {
        "scope": binding.scope.value,
        "subject": binding.subject,
        "ruleset": binding.ruleset,
        "version": binding.version,
        "clientId": binding.client_id,
        "boundAt": moment_json(binding.bound_at),
    }


def exception_json(exception: RuleException, today: date) -> Json:
    return {
        "id": exception.id,
        "contract": exception.contract,
        "rule": exception.rule,
        "pointer": exception.pointer or None,
        "owner": exception.owner,
        "reason": exception.reason,
        "expires": exception.expires.isoformat(),
        "expired": exception.expires < today,
        "clientId": exception.client_id,
        "createdAt": moment_json(exception.created_at),
    }
