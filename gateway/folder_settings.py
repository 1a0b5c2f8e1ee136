"""The settings file of a gateway that reads a folder: issuer, consumers, lifecycles, revoked tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.config import Limits
from gateway.errors import PlanError, SourceError
from gateway.limit_plans import LIMITS_SCHEMA
from gateway.model import Lifecycle, Snapshot
from gateway.operator.authentication import KEYS, KEYS_WANTED, read_keys
from gateway.plan.compile import lifecycle_of
from gateway.plan.validators import Schema
from gateway.settings_file import object_of, read_file, wrong
from gateway.snapshot import LAYERS, read_snapshot

WANTED = {
    "issuer": "issuer: {issuer: <who signs the tokens>, jwks: {keys: [<public keys>]}}",
    "consumers": "consumers: [{name: <name>, owner: <team>, layer: <layer>, clientIds: [<client>], "
    "plan: {requestsPerSecond: <number>, burst: <number>, limits: {<class>: [{name: <name>, "
    "quota: <number>, windowSeconds: <number>, unit: <unit>}]}}}]",
    "lifecycles": "lifecycles: {<contract>.v<major>: {state: <state>, deprecatedAt: <date and time>, "
    "sunsetAt: <date and time>, successor: <version>}}",
    "revokedTokens": "revokedTokens: [{jti: <identifier of a token>}]",
    "apiKeys": KEYS_WANTED,
}
_TEXT: Schema = {"type": "string", "minLength": 1}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}


_PLAN = object_of(
    {
        "requestsPerSecond": {"type": "number", "exclusiveMinimum": 0},
        "burst": {"type": "integer", "minimum": 1},
    },
    {"limits": LIMITS_SCHEMA},
)
_CONSUMER = object_of({
    "name": _TEXT, "owner": _TEXT, "layer": {"enum": list(LAYERS)},
    "clientIds": {"type": "array", "items": _TEXT}, "plan": _PLAN,
})  # fmt: skip
_JWKS: Schema = {
    "type": "object",
    "required": ["keys"],
    "properties": {"keys": {"type": "array", "minItems": 1, "items": {"type": "object"}}},
}
_STATE: Schema = {"enum": ["published", "deprecated", "sunset"]}
_LIFECYCLE = object_of(
    {"state": _STATE}, dict.fromkeys(("deprecatedAt", "sunsetAt", "successor"), _MAYBE_TEXT)
)
_REVOKED: Schema = {"type": "object", "required": ["jti"], "properties": {"jti": _TEXT}}
SETTINGS = object_of(
    {"issuer": object_of({"issuer": _TEXT, "jwks": _JWKS})},
    {
        "consumers": {"type": ["array", "null"], "items": _CONSUMER},
        "lifecycles": {"type": ["object", "null"], "additionalProperties": _LIFECYCLE},
        "revokedTokens": {"type": ["array", "null"], "items": _REVOKED},
        "apiKeys": KEYS,
    },
)


def read_settings(path: Path, limits: Limits) -> tuple[Snapshot, dict[str, Lifecycle]]:
    """What the file tells, without contracts; `SourceError` "source.malformed" says what is wrong where."""
    value = read_file(path, SETTINGS, WANTED, limits)
    told = {"consumers": [], "revision": "", "contracts": [], **value}
    told["consumers"] = told["consumers"] or []
    try:
        lifecycles = {key: lifecycle_of(given) for key, given in (told.pop("lifecycles", None) or {}).items()}
        keys = read_keys(told.pop("apiKeys", ()))
        return replace(read_snapshot(told, limits), api_keys=keys), lifecycles
    except (SourceError, PlanError) as error:
        raise wrong(path, str(error)) from error
