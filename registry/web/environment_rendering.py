"""The shapes of deployments, test evidence and freezes, as the contract of the API gives them."""

from __future__ import annotations

from typing import Any

from registry.model import Deployment, Freeze, TestEvidence
from registry.usecases.promotion import Moved
from registry.web.rendering import moment_json

Json = dict[str, Any]


def deployment_json(deployment: Deployment) -> Json:
    return {
        "environment": deployment.environment,
        "contract": deployment.contract,
        "version": str(deployment.number),
        "bundleSha256": deployment.bundle_sha256,
        "deployedAt": moment_json(deployment.at),
        "clientId": deployment.client_id,
        "change": deployment.change,
    }


def moved_json(moved: Moved) -> Json:
    return {"deployment": deployment_json(moved.deployment) if moved.deployment else None}


def evidence_json(evidence: TestEvidence) -> Json:
    return {
        "contract": evidence.contract,
        "bundleSha256": evidence.bundle_sha256,
        "suite": evidence.suite,
        "run": evidence.run,
        "outcome": evidence.outcome.value,
        "at": moment_json(evidence.at),
        "clientId": evidence.client_id,
        "url": evidence.url,
    }


def freeze_json(freeze: Freeze) -> Json:
    return {
        "id": freeze.id,
        "environment": freeze.environment,
        "startsAt": moment_json(freeze.starts_at),
        "endsAt": moment_json(freeze.ends_at),
        "reason": freeze.reason,
        "clientId": freeze.client_id,
    }
