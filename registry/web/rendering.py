"""The shapes of the API's answers, as its contract gives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from registry.model import (
    CatalogEntry,
    Consumer,
    Contract,
    Credentials,
    DocumentReference,
    Drift,
    Lifecycle,
    Plan,
    Subscription,
    Team,
    Usage,
    VersionState,
    rfc3339,
)
from registry.usecases.services import Page
from registry.usecases.snapshot import Snapshot
from registry.web.cursors import cursor_of

Json = dict[str, Any]
Item = TypeVar("Item")


def page_json(page: Page[Item], render: Callable[[Item], Json]) -> Json:
    """``items`` and ``nextCursor``."""
    following = cursor_of(page.following) if page.following else None
    return {"items": [render(item) for item in page.items], "nextCursor": following}


def moment_json(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return rfc3339(at) if at else None


def team_json(team: Team) -> Json:
    return {"name": team.name, "title": team.title, "createdAt": moment_json(team.created_at)}


def credentials_json(made: Credentials) -> Json:
    return {
        "clientId": made.client_id,
        "clientSecret": made.client_secret,
        "scopes": list(made.scopes),
        "secretId": made.secret_id,
        "expiresAt": moment_json(made.expires_at),
    }


def identity_json(contract: Contract) -> Json:
    return {
        "name": contract.name,
        "apiId": contract.api_id,
        "kind": contract.kind,
        "title": contract.title,
        "layer": contract.layer,
        "domain": contract.domain,
        "owner": contract.owner,
        "audience": contract.audience,
    }


def contract_json(entry: CatalogEntry) -> Json:
    return {
        **identity_json(entry.contract),
        "compatibility": entry.contract.compatibility.value,
        "latest": str(entry.versions[0][0]),
        "versions": [{"version": str(number), "state": state.value} for number, state in entry.versions],
    }


def lifecycle_json(lifecycle: Lifecycle) -> Json:
    return {
        "state": lifecycle.state.value,
        "deprecatedAt": moment_json(lifecycle.deprecated_at),
        "sunsetAt": moment_json(lifecycle.sunset_at),
        "successor": lifecycle.successor,
    }


def version_summary_json(found: VersionState) -> Json:
    version = found.version
    return {
        "contract": version.contract,
        "version": str(version.number),
        "major": version.number.major,
        "sha256": version.sha256,
        "canonicalSha256": version.canonical_sha256,
        "bundleSha256": version.bundle_sha256,
        "state": found.lifecycle.state.value,
        "owner": version.owner,
        "publishedAt": moment_json(version.published_at),
        "publishedBy": version.published_by,
        "onBehalfOf": version.on_behalf_of,
        "lifecycle": lifecycle_json(found.lifecycle),
    }


def version_json(found: VersionState) -> Json:
    return {
        **version_summary_json(found),
        "document": reference_json(found.version.document),
        "references": [reference_json(reference) for reference in found.version.references],
        "problems": [dict(problem) for problem in found.version.problems],
        "report": found.version.report,
        "attestation": found.version.attestation,
    }


def plan_json(plan: Plan) -> Json:
    return {"requestsPerSecond": plan.requests_per_second, "burst": plan.burst}


def consumer_json(consumer: Consumer) -> Json:
    return {
        "name": consumer.name,
        "owner": consumer.owner,
        "layer": consumer.layer,
        "plan": plan_json(consumer.plan),
        "clientIds": list(consumer.client_ids),
        "createdAt": moment_json(consumer.created_at),
    }


def subscription_json(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "consumer": subscription.consumer,
        "contract": subscription.contract,
        "major": subscription.major,
        "operations": list(subscription.operations),
        "createdAt": moment_json(subscription.created_at),
    }


def usage_json(usage: Usage) -> Json:
    return {
        "consumer": usage.consumer,
        "owner": usage.owner,
        "version": usage.version,
        "operation": usage.operation,
        "calls": usage.calls,
        "errors": usage.errors,
        "refused": usage.refused,
        "lastSeen": moment_json(usage.last_seen),
    }


def drift_json(drift: Drift) -> Json:
    return {
        "id": drift.id,
        "contract": drift.contract,
        "version": drift.version,
        "owner": drift.owner,
        "operation": drift.operation,
        "upstream": drift.upstream,
        "status": drift.status,
        "count": drift.count,
        "firstSeen": moment_json(drift.first_seen),
        "lastSeen": moment_json(drift.last_seen),
        "errors": [dict(error) for error in drift.errors],
    }


def reference_json(reference: DocumentReference) -> Json:
    return {"uri": reference.uri, "sha256": reference.sha256}


def snapshot_json(snapshot: Snapshot, issuer: str) -> Json:
    return {
        "revision": snapshot.revision,
        "issuer": {"issuer": issuer, "jwksUri": f"{issuer}/oauth/jwks"},
        "contracts": [
            {
                "name": contract.name,
                "apiId": contract.api_id,
                "kind": contract.kind,
                "version": str(version.number),
                "major": version.number.major,
                "layer": contract.layer,
                "domain": contract.domain,
                "owner": contract.owner,
                "document": reference_json(version.document),
                "references": [reference_json(reference) for reference in version.references],
                "lifecycle": lifecycle_json(lifecycle),
                "attestation": version.attestation,
            }
            for contract, version, lifecycle in snapshot.contracts
        ],
        "consumers": [
            {
                "name": consumer.name,
                "owner": consumer.owner,
                "clientIds": list(consumer.client_ids),
                "layer": consumer.layer,
                "plan": plan_json(consumer.plan),
            }
            for consumer in snapshot.consumers
        ],
        "revokedTokens": [{"jti": token.jti, "exp": token.exp} for token in snapshot.revoked_tokens],
    }
