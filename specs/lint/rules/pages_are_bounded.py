"""The parameter ``limit`` has a maximum.

A page of any size is a query of any cost; whoever may ask for a million items can stop the service.
The maximum stands in the parameter's schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.limit_unbounded"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "OWASP API Security 2023, API4; Zalando guideline 159"

BOUNDS = frozenset({"maximum", "exclusiveMaximum", "enum", "const"})


def check(contract: Contract) -> Iterator[Problem]:
    """Query parameters ``limit`` without maximum, each once."""
    seen: set[tuple[str, str]] = set()
    for operation in operations(contract):
        for parameter in operation.parameters:
            place = (parameter.node.document.uri, parameter.node.pointer)
            if parameter.location != "query" or parameter.name != "limit" or place in seen:
                continue
            seen.add(place)
            value = parameter.schema.resolved().value if parameter.schema is not None else None
            if not isinstance(value, dict) or not BOUNDS & value.keys():
                yield parameter.node.problem(
                    CODE, "limit has no maximum.", "Add 'maximum' to its schema, for example 200.", SEVERITY
                )
