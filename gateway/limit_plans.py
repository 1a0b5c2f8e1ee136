"""Named limits by throttling class, in writing, and those that are in force for each consumer.

In writing: `{<class>: [{name, quota, windowSeconds, unit}]}`. The class `*` counts calls of all classes
together. A limit of places (`concurrent-requests`) has no window.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import quotas
from gateway.model import Consumer, Limit, ThrottlingPlan

LimitsByClass = Mapping[str, tuple[Limit, ...]]
ALL_CLASSES = "*"
PER_CLASS_MAX = 8
QUOTA_MAX = 999_999_999_999
WINDOW_MAX_S = 366 * 86_400
PLACES_MAX = 200
"""Of a page of 256 places, so that one consumer never fills it alone."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_CLASS = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._-]{0,31}")

LIMIT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "quota"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": f"^{_NAME.pattern}$"},
        "quota": {"type": "integer", "minimum": 1, "maximum": QUOTA_MAX},
        "windowSeconds": {"type": "integer", "minimum": 1, "maximum": WINDOW_MAX_S},
        "unit": {"enum": list(quotas.UNITS)},
    },
}
SEVERAL_SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": PER_CLASS_MAX,
    "items": LIMIT_SCHEMA,
}
LIMITS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "propertyNames": {"pattern": f"^(?:{_CLASS.pattern})$"},
    "additionalProperties": SEVERAL_SCHEMA,
}


def read_limits(value: Mapping[str, Any]) -> dict[str, tuple[Limit, ...]]:
    """Limits by class; `ValueError` says which one cannot be used and why."""
    return {name: tuple(_read_class(name, entries)) for name, entries in value.items()}


def read_budget(key: str, entries: Sequence[Mapping[str, Any]]) -> tuple[Limit, ...]:
    """The limits of all calls to one contract; their names begin with its key."""
    return tuple(replace(limit, name=f"{key}:{limit.name}") for limit in _read_class("upstream", entries))


def write_limits(limits: LimitsByClass) -> dict[str, list[dict[str, Any]]]:
    """The form that `read_limits` reads."""
    return {name: [_write(limit) for limit in several] for name, several in limits.items()}


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """What an operator adds, by class: for each consumer, for those named, for calls without a token."""

    classes: LimitsByClass = field(default_factory=dict)
    consumers: Mapping[str, LimitsByClass] = field(default_factory=dict)
    anonymous: LimitsByClass = field(default_factory=dict)
    upstreams: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    """By contract key: budgets that all callers have together."""


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """Puts together what each consumer bought and what the operator adds, for the classes of a plan.

    `everywhere`: the rate of a plan is written as a limit too, for a store that knows only those.
    """

    operator: OperatorLimits
    classes: frozenset[str]
    everywhere: bool = False

    def of(self, consumers: Iterable[Consumer]) -> Iterator[Consumer]:
        """The consumers, with the limits that are in force."""
        for consumer in consumers:
            own = self.operator.consumers.get(consumer.name, {})
            yield replace(consumer, plan=self._plan(consumer.plan, own))

    def anonymous(self, plan: ThrottlingPlan) -> ThrottlingPlan:
        """The same for calls without a token."""
        return self._plan(plan, self.operator.anonymous)

    def _plan(self, plan: ThrottlingPlan, own: LimitsByClass) -> ThrottlingPlan:
        limits = {}
        for name in self.classes:
            found = self._in_force(plan, name, own)
            if found is not None:
                limits[name] = found
        return replace(plan, limits=limits)

    def _in_force(self, plan: ThrottlingPlan, name: str, own: LimitsByClass) -> tuple[Limit, ...] | None:
        """None where the rate of the plan holds alone; of two limits with one name the later one counts."""
        bought = plan.limits.get(name)
        added = [
            limit
            for given in (plan.limits, self.operator.classes, own)
            for scope in (ALL_CLASSES, name)
            if given is not plan.limits or scope == ALL_CLASSES
            for limit in given.get(scope, ())
        ]
        if bought is None and not added and not self.everywhere:
            return None
        first = (quotas.rate(plan, name),) if bought is None else bought
        return tuple({limit.name: limit for limit in (*first, *added)}.values())


def _read_class(name: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[Limit]:
    if _CLASS.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no throttling class")
    if not 1 <= len(entries) <= PER_CLASS_MAX:
        raise ValueError(f"class {name} has not from 1 to {PER_CLASS_MAX} limits")
    if len({entry["name"] for entry in entries}) != len(entries):
        raise ValueError(f"two limits of class {name} have one name")
    for entry in entries:
        yield _read(name, entry)


def _read(scope: str, entry: Mapping[str, Any]) -> Limit:
    name, unit = str(entry["name"]), str(entry.get("unit", quotas.REQUESTS))
    quota, window_s = int(entry["quota"]), int(entry.get("windowSeconds") or 0)
    if _NAME.fullmatch(name) is None or unit not in quotas.UNITS:
        raise ValueError(f"limit {name!r} of class {scope} has no name or unit that can be used")
    if unit == quotas.PLACES:
        if not 1 <= quota <= PLACES_MAX or window_s:
            raise ValueError(
                f"limit {name} of class {scope} has a window, or not from 1 to {PLACES_MAX} places"
            )
    elif not 1 <= quota <= QUOTA_MAX or not 1 <= window_s <= WINDOW_MAX_S:
        raise ValueError(f"limit {name} of class {scope} needs a quota and windowSeconds")
    return Limit(name, quota, window_s, unit, f"{scope}/{name}")


def _write(limit: Limit) -> dict[str, Any]:
    written: dict[str, Any] = {"name": limit.name, "quota": limit.quota, "unit": limit.unit}
    if limit.window_s:
        written["windowSeconds"] = int(limit.window_s)
    return written
