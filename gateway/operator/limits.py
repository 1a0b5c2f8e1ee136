"""Limits that hold in one environment beside what each consumer bought: all of them must allow a call.

A limit has a `name`, a `quota` and a `unit`: `requests` (unless said otherwise) and `content-bytes` come
back evenly over `windowSeconds`; `concurrent-requests` are calls under way and have no window. `*` in place
of a class counts the calls of all throttling classes together. `classes` hold for each consumer by itself,
`consumers` for those that are named, `anonymous` for each address that calls without a token. A limit with
the name of one that was bought takes its place; the rate of a plan has the name of the class. `upstreams`
are budgets that all callers of a contract have together: who is refused by such a one alone gets 503.

Bytes are those of the request's body and of the answer's. What a request announces is charged before it
passes, the rest when the call has ended; what is over the quota then is a debt, and waited for. A place that
is not given back, because the process that held it died, comes free after 300 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.limit_plans import LIMITS_SCHEMA, SEVERAL_SCHEMA, OperatorLimits, read_budget, read_limits
from gateway.settings_file import object_of

_BY_NAME = {"type": "object", "additionalProperties": LIMITS_SCHEMA}
_BUDGETS = {
    "type": "object",
    "propertyNames": {"pattern": r"^[a-z][a-z0-9-]*\.v[0-9]+$"},
    "additionalProperties": SEVERAL_SCHEMA,
}
SCHEMA = object_of(
    {},
    {
        "classes": LIMITS_SCHEMA,
        "consumers": _BY_NAME,
        "anonymous": LIMITS_SCHEMA,
        "upstreams": _BUDGETS,
    },
)
WANTED = (
    "limits: {classes: {<class>: [{name: <name>, quota: <number>, windowSeconds: <number>, unit: requests | "
    "content-bytes | concurrent-requests}]}, consumers: {<consumer>: {<class>: [...]}}, anonymous: {<class>: "
    "[...]}, upstreams: {<contract>.v<major>: [...]}}"
)
EXAMPLE = """\
limits:
  classes:
    "*": [{name: daily, quota: 100000, windowSeconds: 86400}]
    T4: [{name: at-once, quota: 4, unit: concurrent-requests}]
  consumers:
    order-desk:
      T1:
        - {name: burst, quota: 40, windowSeconds: 2}
        - {name: volume, quota: 50000000, windowSeconds: 3600, unit: content-bytes}
  upstreams:
    erp-orders.v1: [{name: at-once, quota: 50, unit: concurrent-requests}]
"""


def read(value: Mapping[str, Any]) -> OperatorLimits:
    """The limits; `ValueError` where one of them cannot be used."""
    return OperatorLimits(
        classes=read_limits(value.get("classes") or {}),
        consumers={name: read_limits(told) for name, told in (value.get("consumers") or {}).items()},
        anonymous=read_limits(value.get("anonymous") or {}),
        upstreams={key: read_budget(key, told) for key, told in (value.get("upstreams") or {}).items()},
    )
