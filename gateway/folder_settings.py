"""The settings file of a gateway that reads a folder: issuer, consumers, lifecycles, revoked tokens.

What is wrong is said with the file, the place in it (a JSON pointer) and the form that is wanted there, so a
person can mend it from one line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import yaml

from gateway.config import Limits
from gateway.errors import PlanError, SourceError
from gateway.model import Lifecycle, Snapshot
from gateway.plan.compile import lifecycle_of
from gateway.plan.validators import Schema, compile_schema
from gateway.snapshot import LAYERS, read_snapshot

WANTED = {
    "issuer": "issuer: {issuer: <who signs the tokens>, jwks: {keys: [<public keys>]}}",
    "consumers": "consumers: [{name: <name>, owner: <team>, layer: <layer>, clientIds: [<client>], "
    "plan: {requestsPerSecond: <number>, burst: <number>}}]",
    "lifecycles": "lifecycles: {<contract>.v<major>: {state: <state>, deprecatedAt: <date and time>, "
    "sunsetAt: <date and time>, successor: <version>}}",
    "revokedTokens": "revokedTokens: [{jti: <identifier of a token>}]",
}
_TEXT: Schema = {"type": "string", "minLength": 1}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


_PLAN = _object({"requestsPerSecond": {"type": "number", "exclusiveMinimum": 0}, "burst": {
    "type": "integer", "minimum": 1}})  # fmt: skip
_CONSUMER = _object({
    "name": _TEXT, "owner": _TEXT, "layer": {"enum": list(LAYERS)},
    "clientIds": {"type": "array", "items": _TEXT}, "plan": _PLAN,
})  # fmt: skip
_JWKS: Schema = {
    "type": "object",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "minItems": 1, "items": {"type": "object"}}},
}
_STATE: Schema = {"enum": ["published", "deprecated", "sunset"]}
_LIFECYCLE = _object({"state": _STATE}, dict.fromkeys(("deprecatedAt", "sunsetAt", "successor"), _MAYBE_TEXT))
_REVOKED: Schema = {"type": "object", "required": ["jti"], "properties": {"jti": _TEXT}}
SETTINGS = _object(
    {"issuer": _object({"issuer": _TEXT, "jwks": _JWKS})},
    {
        "consumers": {"type": ["array", "null"], "items": _CONSUMER},
        "lifecycles": {"type": ["object", "null"], "additionalProperties": _LIFECYCLE},
        "revokedTokens": {"type": ["array", "null"], "items": _REVOKED},
    },
)


def read_settings(path: Path, limits: Limits) -> tuple[Snapshot, dict[str, Lifecycle]]:
    """What the file tells, without contracts; `SourceError` "source.malformed" says what is wrong where."""
    value = _parsed(path)
    validator = compile_schema(SETTINGS, limits.regex_backtracks_max)
    found = validator.violations(value, "settings", "", 1) if validator is not None else []
    for violation in found:
        member = violation.pointer.split("/")[1] if violation.pointer else ""
        wanted = WANTED.get(member, f"a mapping of {', '.join(WANTED)}")
        detail = "is no setting" if violation.code == "additional_properties" else violation.detail
        raise _wrong(path, f"{violation.pointer or '/'} {detail}; wanted: {wanted}")
    told = {"consumers": [], "revision": "", "contracts": [], **value}
    told["consumers"] = told["consumers"] or []
    try:
        lifecycles = {key: lifecycle_of(given) for key, given in (told.pop("lifecycles", None) or {}).items()}
        return read_snapshot(told, limits), lifecycles
    except (SourceError, PlanError) as error:
        raise _wrong(path, str(error)) from error


def _parsed(path: Path) -> Any:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        # Dates that YAML reads as such become text again.
        return orjson.loads(orjson.dumps(value))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        raise _wrong(path, f"{where}not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        reason = str(error).split("\n", 1)[0]
        raise _wrong(path, f"cannot be read: {reason}") from error


def _wrong(path: Path, reason: str) -> SourceError:
    return SourceError("source.malformed", f"{path}: {reason}")
