"""Binds transforms to the contracts in force: which operation of the later one serves each of the earlier.

Settled when the plan is made. A transform that does not fit its contracts is not in force, and named in the
plan's problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.plan.model import ApiPlan, Bridge, Crossing, OperationPlan
from gateway.plan.paths import read_template
from gateway.plan.transforms import OperationTransform, Transform


def bridged(
    apis: Mapping[str, ApiPlan], transforms: Mapping[str, Transform], problems: dict[str, str]
) -> dict[str, ApiPlan]:
    """The contracts by key, with the bridges that fit; what does not fit is added to `problems`."""
    made = dict(apis)
    for transform in transforms.values():
        before, after = apis.get(transform.before), apis.get(transform.after)
        if before is None or after is None:
            missing = transform.before if before is None else transform.after
            problems[f"transform {transform.before}"] = f"{missing} is not in force"
            continue
        bound = _bound(before, after, transform)
        if isinstance(bound, str):
            problems[f"transform {transform.before}"] = bound
        else:
            made[transform.before] = replace(before, bridge=bound)
    return made


def _bound(before: ApiPlan, after: ApiPlan, transform: Transform) -> Bridge | str:
    later = {operation.key: operation for operation in after.operations}
    unknown = set(transform.operations) - {operation.key for operation in before.operations}
    if unknown:
        return f"{before.record.key} has no {', '.join(sorted(unknown))}"
    crossings = {}
    for operation in before.operations:
        how = transform.operations.get(operation.key) or OperationTransform(operation.key)
        target = later.get(how.after)
        if target is None:
            return f"{after.record.key} has no {how.after}, for {operation.key}"
        if not set(_names(target)) <= set(_names(operation)):
            return f"{how.after} has path parameters that {operation.key} has not"
        crossings[operation.key] = Crossing(target, how, _names(operation))
    return Bridge(after.record, after.path, crossings)


def _names(operation: OperationPlan) -> tuple[str, ...]:
    return tuple(name for segment in read_template(operation.template) for name in segment.names)
