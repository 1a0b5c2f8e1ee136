"""Subjects and their versions."""

from __future__ import annotations

from typing import Any

from registry.ports.schemas import SubjectFilter
from registry.usecases import schema_changes, schema_reading
from registry.usecases.schema_reading import version_number
from registry.usecases.schemas import register as register_schema
from registry.web.confluent.rendering import registered_json, verdict_json
from registry.web.confluent.requests import Call

SUBJECTS_MAX = 20_000
"""Names or numbers in one answer, as in Confluent's registry."""


def wanted(call: Call) -> SubjectFilter:
    """What the parameters let through."""
    return SubjectFilter(call.query.get("subjectPrefix", ""), call.flag("deleted"), call.flag("deletedOnly"))


def list_subjects(call: Call) -> Any:
    offset, limit = call.window(SUBJECTS_MAX)
    return schema_reading.list_subjects(call.services, wanted(call), offset, limit)


def list_versions(call: Call) -> Any:
    offset, limit = call.window(SUBJECTS_MAX)
    return schema_reading.list_versions(call.services, call.name, wanted(call))[offset:][:limit]


def register(call: Call) -> Any:
    return registered_json(register_schema(call.services, call.actor, call.name, call.draft()))


def look_up(call: Call) -> Any:
    found = schema_reading.look_up(call.services, call.name, call.draft(), deleted=call.flag("deleted"))
    return registered_json(found)


def get_version(call: Call) -> Any:
    number = version_number(call.names[1])
    found = schema_reading.get_version(call.services, call.name, number, deleted=call.flag("deleted"))
    return registered_json(found)


def get_version_text(call: Call) -> Any:
    number = version_number(call.names[1])
    found = schema_reading.get_version(call.services, call.name, number, deleted=call.flag("deleted"))
    return found.schema.text.encode()


def referenced_by(call: Call) -> Any:
    return schema_reading.referring_to(call.services, call.name, version_number(call.names[1]))


def check_compatibility(call: Call) -> Any:
    number = version_number(call.names[1]) if len(call.names) > 1 else None
    verdict = schema_reading.check(call.services, call.name, call.draft(), number)
    return verdict_json(verdict, verbose=call.flag("verbose"))


def delete_subject(call: Call) -> Any:
    return schema_changes.delete_subject(
        call.services, call.actor, call.name, permanent=call.flag("permanent")
    )


def delete_version(call: Call) -> Any:
    number = version_number(call.names[1])
    permanent = call.flag("permanent")
    return schema_changes.delete_version(call.services, call.actor, call.name, number, permanent=permanent)
