"""Schemas by their global id, and what the registry says of itself."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from registry.errors import NotFound
from registry.model.schemas import SCHEMA_TYPE
from registry.usecases import schema_reading
from registry.web.confluent.rendering import registered_json, schema_json
from registry.web.confluent.requests import Call
from registry.web.confluent.subjects import SUBJECTS_MAX, wanted

SCHEMAS_MAX = 1_000


def list_schemas(call: Call) -> Any:
    offset, limit = call.window(SCHEMAS_MAX)
    found = schema_reading.list_schemas(
        call.services, wanted(call), offset, limit, latest=call.flag("latestOnly")
    )
    return [registered_json(one) for one in found]


def list_types(_: Call) -> Any:
    return [SCHEMA_TYPE]


def get_schema(call: Call) -> Any:
    found = schema_json(schema_reading.schema_by_id(call.services, schema_id(call.name)))
    if call.flag("fetchMaxId"):
        found["maxId"] = schema_reading.highest_id(call.services)
    return found


def get_text(call: Call) -> Any:
    return schema_reading.schema_by_id(call.services, schema_id(call.name)).text.encode()


def list_subjects_of(call: Call) -> Any:
    return sorted({one["subject"] for one in list_versions_of(call)})


def list_versions_of(call: Call) -> Any:
    offset, limit = call.window(SUBJECTS_MAX)
    found = schema_reading.uses_of(
        call.services, schema_id(call.name), deleted=call.flag("deleted"), offset=offset, count=limit
    )
    return [{"subject": subject, "version": number} for subject, number in found]


def get_by_guid(call: Call) -> Any:
    return schema_json(schema_reading.schema_by_guid(call.services, call.name))


def list_ids_of_guid(call: Call) -> Any:
    found = schema_reading.schema_by_guid(call.services, call.name)
    return [{"context": ".", "id": found.id}]


def get_registry_id(_: Call) -> Any:
    return {"scope": {"path": [], "clusters": {"schema-registry-cluster": "pactolus"}}, "id": ""}


def get_registry_version(_: Call) -> Any:
    return {"version": f"pactolus-{version('pactolus')}", "commitId": ""}


def schema_id(text: str) -> int:
    """The id of an address; what is no id has no schema."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < 2**31):
        raise NotFound("schema_not_found", f"Schema {text[:20]} not found")
    return int(text)
