"""What an operator sets for one environment: a file in YAML, one module for each of its sections.

A section module says in its docstring what it is for, and has an `EXAMPLE`, its `SCHEMA`, the form that is
`WANTED` of it, and `read`, which makes of the checked value what the gateway works with. A section that is
left out has its default. The reference page is written from these modules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from gateway.config import Authentication, Limits, RedisFallback
from gateway.limit_plans import OperatorLimits
from gateway.operator import authentication, limits, redis, validation
from gateway.plan.facets import PREVENT, Validation
from gateway.settings_file import object_of, read_file, wrong

SECTIONS: dict[str, ModuleType] = {
    "validation": validation,
    "authentication": authentication,
    "limits": limits,
    "redis": redis,
}


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """All sections."""

    validation: Validation = PREVENT
    authentication: Authentication = field(default_factory=Authentication)
    limits: OperatorLimits = field(default_factory=OperatorLimits)
    redis: RedisFallback = field(default_factory=RedisFallback)


def read_operator_settings(path: Path, bounds: Limits) -> OperatorSettings:
    """What the file says; `SourceError` names the place and the form that is wanted there."""
    schema = object_of({}, {name: section.SCHEMA for name, section in SECTIONS.items()})
    value = read_file(path, schema, {name: section.WANTED for name, section in SECTIONS.items()}, bounds)
    try:
        return OperatorSettings(**{name: SECTIONS[name].read(told) for name, told in value.items()})
    except ValueError as error:
        raise wrong(path, str(error)) from error
