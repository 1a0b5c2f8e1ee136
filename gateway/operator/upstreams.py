"""How the systems behind are treated when they fail, by contract. What is not said is off.

Without `origins` the system is where `--upstream` says; `--upstream` for the same contract goes before them.
Only calls that may be repeated (GET, HEAD, OPTIONS, PUT, DELETE, and calls under an Idempotency-Key that the
contract asks for) are tried again, and never one whose body is passed on as it comes.

- `timeouts`: `connectSeconds`, `perTrySeconds`, and `totalSeconds` for all tries and waits of a call.
- `retries`: up to `triesMax` tries; retries are at most the share `budgetShare` of the calls, with
  `budgetBurst` on top. The wait is drawn from 0 to `backoffSeconds`, doubled with each try up to
  `backoffMaxSeconds`.
- `classification`: the first entry whose `status`, and `code` in the JSON body if given, fit says what an
  answer `is`: `fine`, `business` (an error that is no fault of the system's), `failure` or `retryable`.
- `breaker`: opens for `openSeconds` when of at least `callsMin` tries in `windowSeconds` `errorRate` of them
  failed; then `probes` tries decide.
- `outliers`: an origin is left out for `ejectSeconds` after `failuresInRow`, longer each time up to
  `ejectMaxSeconds`; never more than the share `ejectedShareMax` of them.
- `healthCheck`: every origin is asked for `path` each `intervalSeconds`; `unhealthyAfter` wrong answers in a
  row take it out, `healthyAfter` right ones bring it back.
- `canary`: a new system at `origins` that takes the `share` of the calls, and those with the `header`. It is
  rolled back, until the gateway is started again, when of at least `callsMin` calls in `windowSeconds` more
  than the share `errorRate` failed.

Where nothing is said in `classification`, 502, 503, 504 and a connection that fails are `retryable`, 501 and
505 are `business`, other 5xx `failure`. An answer of 429 or 503 with `Retry-After` keeps calls from its
origin for so long, at most five minutes. When all origins rest, callers get 503 `upstream_resting`, and 503
`upstream_circuit_open` while the breaker is open, both with `Retry-After`. When all origins are ejected or
unhealthy, all are used. A streamed answer is not tried again. Each worker decides by what it saw itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.config import Limits
from gateway.plan.validators import Schema
from gateway.resilience.model import (
    BreakerRules,
    CanaryRules,
    CheckRules,
    OutlierRules,
    StatusRule,
    Tries,
    UpstreamSettings,
)
from gateway.settings_file import object_of

_LIMITS = Limits()
_SECONDS: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 3600}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_RATE: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
_STATUS: Schema = {"type": "integer", "minimum": 200, "maximum": 599}
_ORIGINS: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": _LIMITS.origins_per_upstream_max,
    "uniqueItems": True,
    "items": {"type": "string", "pattern": "^http://[^/?#@]+$"},
}
_TRIES: Schema = {"type": "integer", "minimum": 1, "maximum": _LIMITS.tries_max}
_RULE = object_of(
    {"status": _STATUS, "is": {"enum": ["fine", "business", "failure", "retryable"]}},
    {"code": {"type": "string", "minLength": 1}},
)
_HEADER = object_of({
    "name": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
    "value": {"type": "string", "pattern": "^[!-~]+$"},
})  # fmt: skip
_CHECK = object_of({"path": {"type": "string", "pattern": "^/[!-~]*$"}}, {
    "intervalSeconds": _SECONDS, "timeoutSeconds": _SECONDS, "status": _STATUS, "unhealthyAfter": _COUNT,
    "healthyAfter": _COUNT,
})  # fmt: skip
_ONE = object_of({}, {
    "origins": _ORIGINS,
    "timeouts": object_of({}, {
        "connectSeconds": _SECONDS, "perTrySeconds": _SECONDS, "totalSeconds": _SECONDS,
    }),
    "retries": object_of({"triesMax": _TRIES}, {
        "budgetShare": _SHARE, "budgetBurst": {"type": "number", "minimum": 0, "maximum": 10_000},
        "backoffSeconds": _SECONDS, "backoffMaxSeconds": _SECONDS,
    }),
    "classification": {"type": "array", "maxItems": 100, "items": _RULE},
    "breaker": object_of({}, {
        "errorRate": _RATE, "callsMin": _COUNT, "windowSeconds": _SECONDS, "openSeconds": _SECONDS,
        "probes": _COUNT,
    }),
    "outliers": object_of({}, {
        "failuresInRow": _COUNT, "ejectSeconds": _SECONDS, "ejectMaxSeconds": _SECONDS,
        "ejectedShareMax": _SHARE,
    }),
    "healthCheck": _CHECK,
    "canary": object_of({"origins": _ORIGINS}, {
        "share": _SHARE, "header": _HEADER, "errorRate": _SHARE, "callsMin": _COUNT,
        "windowSeconds": _SECONDS,
    }),
})  # fmt: skip
SCHEMA: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z][a-z0-9-]*\\.v[0-9]+$"},
    "additionalProperties": _ONE,
}
WANTED = (
    "upstreams: {<contract>.v<major>: {origins: [http://host:port], timeouts, retries, classification, "
    "breaker, outliers, healthCheck, canary}}"
)
EXAMPLE = """\
upstreams:
  erp-orders.v1:
    origins: ["http://10.0.0.1:8722", "http://10.0.0.2:8722"]
    timeouts: {connectSeconds: 0.5, perTrySeconds: 2, totalSeconds: 5}
    retries: {triesMax: 3, budgetShare: 0.1}
    classification:
      - {status: 400, code: LOCKED, is: retryable}
      - {status: 500, code: CREDIT_LIMIT, is: business}
    breaker: {errorRate: 0.5, callsMin: 20, windowSeconds: 10, openSeconds: 5}
    outliers: {failuresInRow: 5, ejectSeconds: 10}
    healthCheck: {path: /health, intervalSeconds: 5}
    canary:
      origins: ["http://10.0.0.9:8722"]
      share: 0.05
      header: {name: X-Preview, value: "yes"}
"""
_MEMBERS = {
    "triesMax": "tries_max", "budgetShare": "budget_share", "budgetBurst": "budget_burst",
    "backoffSeconds": "backoff_s", "backoffMaxSeconds": "backoff_max_s", "errorRate": "error_rate",
    "callsMin": "calls_min", "windowSeconds": "window_s", "openSeconds": "open_s", "probes": "probes",
    "failuresInRow": "failures_in_row", "ejectSeconds": "eject_s", "ejectMaxSeconds": "eject_max_s",
    "ejectedShareMax": "ejected_share_max", "path": "path", "intervalSeconds": "interval_s",
    "timeoutSeconds": "timeout_s", "status": "status", "unhealthyAfter": "unhealthy_after",
    "healthyAfter": "healthy_after", "share": "share", "connectSeconds": "connect_s",
    "perTrySeconds": "per_try_s", "totalSeconds": "total_s",
}  # fmt: skip


def read(value: Mapping[str, Any]) -> dict[str, UpstreamSettings]:
    """The settings by contract key."""
    return {key: _one(told) for key, told in value.items()}


def _one(told: Mapping[str, Any]) -> UpstreamSettings:
    breaker, outliers, check = told.get("breaker"), told.get("outliers"), told.get("healthCheck")
    canary = told.get("canary")
    return UpstreamSettings(
        origins=tuple(told.get("origins") or ()),
        **_named(told.get("timeouts") or {}),
        tries=Tries(**_named(told.get("retries") or {})),
        rules=tuple(
            StatusRule(rule["status"], rule["is"], rule.get("code"))
            for rule in told.get("classification") or ()
        ),
        breaker=None if breaker is None else BreakerRules(**_named(breaker)),
        outliers=None if outliers is None else OutlierRules(**_named(outliers)),
        check=None if check is None else CheckRules(**_named(check)),
        canary=None if canary is None else _canary(canary),
    )


def _canary(told: Mapping[str, Any]) -> CanaryRules:
    rest = {name: value for name, value in told.items() if name not in ("origins", "header")}
    header = told.get("header")
    line = None if header is None else (header["name"].lower().encode(), header["value"].encode())
    return CanaryRules(tuple(told["origins"]), header=line, **_named(rest))


def _named(told: Mapping[str, Any]) -> dict[str, Any]:
    return {_MEMBERS[name]: value for name, value in told.items()}
