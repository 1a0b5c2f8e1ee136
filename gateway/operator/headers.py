"""Header lines that are set or removed, by contract.

`request` is what goes to the system behind, `response` what goes to the caller, the gateway's own problems
too. `set` replaces lines of that name, `remove` takes them away; both come last. `security: true` adds, where
an answer has none: `Strict-Transport-Security`, `X-Content-Type-Options: nosniff`, a
`Content-Security-Policy` that allows nothing, `Referrer-Policy: no-referrer` and
`Cross-Origin-Resource-Policy: same-origin`. Lines that frame a message or are bound to the hop (RFC 9110
section 7.6.1), `Content-Type`, `Idempotency-Key`, `Via`, trace and correlation, `X-Pactolus-*` and
`Access-Control-*` are refused. An answer is held to its contract before. A contract's own settings replace
the general ones whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.model import Headers
from gateway.plan.validators import Schema
from gateway.policies.header_rules import SECURITY, HeaderRules, HeaderSettings, Rules, is_touchable
from gateway.settings_file import object_of

_NAME: Schema = {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"}
_DIRECTION = object_of({}, {
    "set": {
        "type": "object",
        "maxProperties": 100,
        "propertyNames": {"pattern": "^[A-Za-z0-9-]{1,64}$"},
        "additionalProperties": {"type": "string", "pattern": "^[!-~]([ -~]{0,4094}[!-~])?$"},
    },
    "remove": {"type": "array", "maxItems": 100, "items": _NAME},
})  # fmt: skip
_MEMBERS: dict[str, Schema] = {
    "request": _DIRECTION,
    "response": _DIRECTION,
    "security": {"type": "boolean"},
}
SCHEMA = object_of({}, {
    **_MEMBERS,
    "contracts": {"type": "object", "additionalProperties": object_of({}, _MEMBERS)},
})  # fmt: skip
WANTED = (
    "headers: {security: true | false, request: {set: {<Name>: <value>}, remove: [<Name>]}, response: {...}, "
    "contracts: {<contract>.v<major>: {...}}}"
)
EXAMPLE = """\
headers:
  security: true
  response: {remove: [X-Powered-By-Us]}
  contracts:
    erp-orders.v1:
      security: true
      request: {set: {X-Tenant: emea}}
"""


def read(value: Mapping[str, Any]) -> HeaderSettings:
    """The rules of all contracts; `ValueError` for a name that is not theirs to change."""
    contracts = {
        key: _rules(told, f"/contracts/{key}") for key, told in (value.get("contracts") or {}).items()
    }
    return HeaderSettings(_rules(value, ""), contracts)


def _rules(told: Mapping[str, Any], place: str) -> HeaderRules:
    missing = SECURITY if told.get("security") else ()
    return HeaderRules(
        _direction(told.get("request") or {}, (), f"{place}/request"),
        _direction(told.get("response") or {}, missing, f"{place}/response"),
    )


def _direction(told: Mapping[str, Any], missing: Headers, place: str) -> Rules | None:
    fixed = tuple((name.lower().encode(), text.encode()) for name, text in (told.get("set") or {}).items())
    removed = frozenset(name.lower().encode() for name in told.get("remove") or ())
    for name in (*removed, *(line[0] for line in fixed)):
        if not is_touchable(name):
            raise ValueError(f"/headers{place}: {name.decode()} may not be set or removed")
    return Rules(fixed, removed, missing) if fixed or removed or missing else None
