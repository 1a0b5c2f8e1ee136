"""Compatibility levels and modes, of a subject or of all."""

from __future__ import annotations

from typing import Any

from registry.errors import Invalid, NotFound
from registry.model.schemas import CompatibilityLevel, CompatibilityPolicy, SubjectMode
from registry.usecases import schema_changes
from registry.web.confluent.rendering import config_json, mode_json
from registry.web.confluent.requests import Call


def get_config(call: Call) -> Any:
    found = schema_changes.get_settings(call.services, call.name, with_defaults=call.flag("defaultToGlobal"))
    if found.compatibility is None:
        raise NotFound(
            "compatibility_not_set",
            f"Subject '{call.name[:255]}' does not have subject-level compatibility configured",
        )
    return config_json(found, "compatibilityLevel")


def set_config(call: Call) -> Any:
    body = call.body()
    level, policy = body.get("compatibility"), body.get("compatibilityPolicy")
    if level not in (None, *CompatibilityLevel) or policy not in (None, *CompatibilityPolicy):
        raise Invalid(
            "compatibility_invalid",
            f"compatibility is one of {', '.join(CompatibilityLevel)}, compatibilityPolicy "
            f"{' or '.join(CompatibilityPolicy)}.",
        )
    schema_changes.set_compatibility(
        call.services,
        call.actor,
        call.name,
        CompatibilityLevel(level) if level else None,
        CompatibilityPolicy(policy) if policy else None,
    )
    return {name: body[name] for name in ("compatibility", "compatibilityPolicy") if body.get(name)}


def reset_config(call: Call) -> Any:
    before = schema_changes.reset_compatibility(call.services, call.actor, call.name)
    if call.name and before.compatibility is None:
        raise NotFound(
            "compatibility_not_set",
            f"Subject '{call.name[:255]}' does not have subject-level compatibility configured",
        )
    return config_json(before, "compatibilityLevel")


def get_mode(call: Call) -> Any:
    found = schema_changes.get_settings(call.services, call.name, with_defaults=call.flag("defaultToGlobal"))
    if found.mode is None:
        raise NotFound(
            "mode_not_set", f"Subject '{call.name[:255]}' does not have subject-level mode configured"
        )
    return mode_json(found)


def set_mode(call: Call) -> Any:
    mode = call.body().get("mode")
    if mode not in tuple(SubjectMode):
        raise Invalid(
            "mode_invalid", f"mode is one of {', '.join(SubjectMode)}; ids are given by this registry alone."
        )
    schema_changes.set_mode(call.services, call.actor, call.name, SubjectMode(mode))
    return {"mode": mode}


def reset_mode(call: Call) -> Any:
    before = schema_changes.reset_mode(call.services, call.actor, call.name)
    if call.name and before.mode is None:
        raise NotFound(
            "mode_not_set", f"Subject '{call.name[:255]}' does not have subject-level mode configured"
        )
    return mode_json(before)
