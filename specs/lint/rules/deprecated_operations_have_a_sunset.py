"""A deprecated operation says until when it works: ``x-sunset``, a date.

Callers can plan only with a date; the gateway sends it as the header ``Sunset`` (RFC 8594). The other way
round, an operation with a sunset is deprecated.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.sunset_missing"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guidelines 187 and 189; RFC 8594; RFC 9745"


def check(contract: Contract) -> Iterator[Problem]:
    """Operations where ``deprecated`` and ``x-sunset`` do not go together."""
    everywhere = "x-sunset" in contract.document.value if isinstance(contract.document.value, dict) else False
    for operation in operations(contract):
        has_sunset = "x-sunset" in operation.node.value
        if operation.deprecated and not has_sunset and not everywhere:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} is deprecated with no end date.",
                "Add x-sunset with the last day of service.",
                SEVERITY,
            )
        elif has_sunset and not operation.deprecated:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} has a sunset and is not deprecated.",
                "Add 'deprecated: true'.",
                SEVERITY,
                below="/x-sunset",
            )
