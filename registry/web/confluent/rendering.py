"""Answers as clients of schema registries read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registry.model.schemas import SchemaReference, SchemaSettings, SchemaText
from registry.usecases.schemas import Registered, Verdict

Json = dict[str, Any]


def schema_json(schema: SchemaText) -> Json:
    """A schema by itself; ``references`` only where there are any."""
    body: Json = {"schema": schema.text, "schemaType": schema.schema_type, "guid": schema.guid}
    if schema.references:
        body["references"] = references_json(schema.references)
    return body


def references_json(references: Sequence[SchemaReference]) -> list[Json]:
    """References in the order they were sent in."""
    return [{"name": one.name, "subject": one.subject, "version": one.version} for one in references]


def registered_json(found: Registered) -> Json:
    """A version with its schema."""
    version = found.version
    return {
        "subject": version.subject,
        "version": version.version,
        "id": version.schema_id,
        **schema_json(found.schema),
    }


def verdict_json(verdict: Verdict, *, verbose: bool) -> Json:
    """The verdict; the reasons when they are asked for."""
    body: Json = {"is_compatible": verdict.compatible}
    if verbose:
        body["messages"] = list(verdict.messages)
    return body


def config_json(settings: SchemaSettings, key: str) -> Json:
    """The level under ``key``: a request says compatibility, an answer compatibilityLevel."""
    body: Json = {}
    if settings.compatibility is not None:
        body[key] = settings.compatibility.value
    if settings.policy is not None:
        body["compatibilityPolicy"] = settings.policy.value
    return body


def mode_json(settings: SchemaSettings) -> Json:
    """The mode."""
    return {"mode": settings.mode.value if settings.mode else None}
