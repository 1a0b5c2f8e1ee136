"""Pages of which origins may call from a browser, and read the answers. Nothing is told where nothing is set.

`origins` are named exactly, as browsers send them (`https://app.example`); there is no `*`. A preflight is
answered from the contract, without asking for a token and without the system behind: the methods of the path,
and the header lines that its operation declares. `maxAgeSeconds` is how long a browser may remember it,
`credentials` lets cookies go along. All answers of a contract with origins have `Vary: Origin`. What the
system behind says in `Access-Control-*` is then not passed on. A contract's own settings replace the general
ones whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.plan.validators import Schema
from gateway.policies.cors import Cors, CorsRules
from gateway.settings_file import object_of

_ORIGIN: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9+.-]*://[^/?#@, ]+$"}
_MEMBERS: dict[str, Schema] = {
    "origins": {"type": "array", "maxItems": 1000, "items": _ORIGIN},
    "credentials": {"type": "boolean"},
    "maxAgeSeconds": {"type": "integer", "minimum": 0, "maximum": 86_400},
}
SCHEMA = object_of({}, {
    **_MEMBERS,
    "contracts": {"type": "object", "additionalProperties": object_of({}, _MEMBERS)},
})  # fmt: skip
WANTED = (
    "cors: {origins: [https://host], credentials: true | false, maxAgeSeconds: <n>, "
    "contracts: {<contract>.v<major>: {origins: [...]}}}"
)
EXAMPLE = """\
cors:
  contracts:
    client-portal.v1:
      origins: ["https://portal.example", "http://localhost:3000"]
      maxAgeSeconds: 600
"""


def read(value: Mapping[str, Any]) -> Cors:
    """The rules of all contracts."""
    contracts = {key: _rules(told) for key, told in (value.get("contracts") or {}).items()}
    return Cors(_rules(value) if "origins" in value else None, contracts)


def _rules(told: Mapping[str, Any]) -> CorsRules:
    origins = frozenset(origin.encode() for origin in told.get("origins") or ())
    return CorsRules(origins, told.get("credentials", False), told.get("maxAgeSeconds", 600))
