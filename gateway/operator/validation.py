"""Which parts of a message are held to the contract: each facet is `prevent`, `detect` or `off`.

`prevent` refuses what is off contract, and holds where nothing is said. `detect` passes it on: the access log
has it under `detected`, `pactolus_gateway_detected_total` counts it, and an answer off contract is still
reported to the owner of the contract as drift. `off` does not look.

| facet | what is held to the contract |
|---|---|
| `path`, `method` | what the contract does not have; such calls need the scopes of its root `security` |
| `parameters`, `unknownParameters` | parameters by their schemas; query parameters that are not declared |
| `requestBody` | media type and content of the body |
| `statusCode`, `responseHeaders`, `responseBody` | the answer |

`responseSampling` is the share of answers whose body is looked at, from 0 to 1. What was not looked at stands
in the access log under `notValidated`. An operation has the facets of its contract, a contract those of all,
where they say nothing themselves. `path` and `method` are for whole contracts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.plan.facets import PREVENT_ALL, ContractFacets, Facets, Validation
from gateway.plan.validators import Schema
from gateway.settings_file import object_of

NAMES = {
    "path": "path",
    "method": "method",
    "parameters": "parameters",
    "unknownParameters": "unknown_parameters",
    "requestBody": "request_body",
    "statusCode": "status_code",
    "responseHeaders": "response_headers",
    "responseBody": "response_body",
    "responseSampling": "response_sampling",
}
_MODE: Schema = {"enum": ["off", "detect", "prevent"]}
_ONE: dict[str, Schema] = {
    name: _MODE for name in NAMES if name not in ("path", "method", "responseSampling")
}
_ONE["responseSampling"] = {"type": "number", "minimum": 0, "maximum": 1}
_ALL: dict[str, Schema] = {**_ONE, "path": _MODE, "method": _MODE}
_CONTRACT = object_of({}, {
    "facets": object_of({}, _ALL),
    "operations": {"type": "object", "additionalProperties": object_of({}, _ONE)},
})  # fmt: skip
SCHEMA = object_of({}, {
    "facets": object_of({}, _ALL),
    "contracts": {"type": "object", "additionalProperties": _CONTRACT},
})  # fmt: skip
WANTED = (
    "validation: {facets: {<facet>: off | detect | prevent}, contracts: {<contract>.v<major>: "
    "{facets: {...}, operations: {<METHOD /path>: {...}}}}}; facets: " + ", ".join(NAMES)
)
EXAMPLE = """\
validation:
  facets: {responseBody: detect}
  contracts:
    erp-orders.v1:
      facets: {unknownParameters: detect, responseBody: prevent}
      operations:
        GET /orders: {responseBody: prevent, responseSampling: 0.1}
"""


def read(value: Mapping[str, Any]) -> Validation:
    """The facets of all contracts; what one of them does not say is as for all, and so for operations."""
    general = _facets(PREVENT_ALL, value.get("facets") or {})
    contracts = {}
    for key, told in (value.get("contracts") or {}).items():
        own = _facets(general, told.get("facets") or {})
        operations = {name: _facets(own, one) for name, one in (told.get("operations") or {}).items()}
        contracts[key] = ContractFacets(own, operations)
    return Validation(general, contracts)


def _facets(base: Facets, told: Mapping[str, Any]) -> Facets:
    return replace(base, **{NAMES[name]: mode for name, mode in told.items()})
