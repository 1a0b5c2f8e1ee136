"""The shapes that clients of a Pact broker read: HAL, with the broker's names."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import quote

from registry.model import rfc3339
from registry.usecases.pact import Matrix, Row

Json = dict[str, Any]
YES = "All required verification results are published and successful"
NO_ROWS = "There are no missing dependencies"


def index_json(base: str) -> Json:
    """The entry point with the links that are served."""
    version = f"{base}/pacticipants/{{pacticipant}}/versions/{{version}}"
    return {
        "_links": {
            "self": {"href": base, "title": "Index"},
            "pb:pacticipant": {"href": f"{base}/pacticipants/{{pacticipant}}", "templated": True},
            "pb:pacticipant-version": {"href": version, "templated": True},
            "pb:environments": {"href": f"{base}/environments"},
            "pb:environment": {"href": f"{base}/environments/{{environment}}", "templated": True},
            "pb:can-i-deploy": {"href": f"{base}/can-i-deploy"},
            "pb:matrix": {"href": f"{base}/matrix"},
        }
    }


def pacticipant_url(base: str, name: str) -> str:
    return f"{base}/pacticipants/{quote(name, safe='')}"


def version_url(base: str, name: str, version: str) -> str:
    return f"{pacticipant_url(base, name)}/versions/{quote(version, safe='')}"


def pacticipant_json(base: str, name: str, title: str) -> Json:
    version = f"{pacticipant_url(base, name)}/versions/{{version}}"
    links = {
        "self": {"href": pacticipant_url(base, name)},
        "pb:version": {"href": version, "templated": True},
    }
    return {"name": name, "displayName": title, "_links": links}


def version_json(base: str, name: str, version: str, environments: tuple[str, ...]) -> Json:
    """A version, with where to record that it was deployed."""
    here = version_url(base, name, version)
    record = [
        {
            "title": f"Record deployment to {environment}",
            "name": environment,
            "href": f"{here}/deployed-versions/environment/{environment}",
        }
        for environment in environments
    ]
    return {
        "number": version,
        "_links": {
            "self": {"href": here, "title": "Pacticipant version", "name": version},
            "pb:pacticipant": {"href": pacticipant_url(base, name), "name": name},
            "pb:record-deployment": record,
        },
    }


def environment_json(base: str, name: str, *, production: bool) -> Json:
    return {
        "uuid": name,
        "name": name,
        "displayName": name,
        "production": production,
        "_links": {"self": {"href": f"{base}/environments/{name}", "title": "Environment", "name": name}},
    }


def deployed_json(base: str, name: str, version: str, environment: str, at: datetime) -> Json:
    """A deployment that stands."""
    here = f"{version_url(base, name, version)}/deployed-versions/environment/{environment}"
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{here}#{rfc3339(at)}")),
        "currentlyDeployed": True,
        "createdAt": rfc3339(at),
        "_links": {"self": {"href": here}, "pb:version": {"href": version_url(base, name, version)}},
    }


def matrix_json(base: str, found: Matrix) -> Json:
    """Summary, notices and rows; ``deployable`` is null while something is unknown."""
    verdicts = [row.success for row in found.rows]
    against = [row.reason for row in found.rows if row.success is not True]
    reasons = [*found.blocked, *found.undecided, *against]
    yes = YES if found.rows else NO_ROWS
    kind = "success" if found.deployable else "error" if found.deployable is False else "warning"
    return {
        "summary": {
            "deployable": found.deployable,
            "reason": "\n".join(reasons or [yes]),
            "success": verdicts.count(True),
            "failed": verdicts.count(False) + len(found.blocked),
            "unknown": verdicts.count(None) + len(found.undecided),
        },
        "notices": [
            *({"type": kind, "text": reason} for reason in reasons or [yes]),
            *({"type": "warning", "text": reason} for reason in found.accepted),
        ],
        "matrix": [
            *(row_json(base, row) for row in found.rows),
            *({**row_json(base, row), "ignored": True} for row in found.ignored),
        ],
    }


def row_json(base: str, row: Row) -> Json:
    """One pair; the report between contract versions stands in the registry's own API."""
    result = None
    if row.success is not None and row.provider_version is not None:
        where = version_url(base, row.provider, row.provider_version)
        result = {"success": row.success, "_links": {"self": {"href": where}}}
    return {
        "consumer": side_json(base, row.consumer, row.consumer_version),
        "provider": side_json(base, row.provider, row.provider_version),
        "verificationResult": result,
    }


def side_json(base: str, name: str, version: str | None) -> Json:
    there = (
        {"number": version, "_links": {"self": {"href": version_url(base, name, version)}}}
        if version is not None
        else None
    )
    return {"name": name, "version": there, "_links": {"self": {"href": pacticipant_url(base, name)}}}
