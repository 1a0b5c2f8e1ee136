"""Each operation has an ``operationId`` of its own, in camelCase.

Subscriptions, usage and handlers name operations by it. It outlives a change of the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.operation_id"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "OpenAPI 3.1 section 4.8.10.1: unique among all operations"

CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")


def check(contract: Contract) -> Iterator[Problem]:
    """Missing, repeated and misspelled operation ids; a misspelled one is a warning only."""
    seen: set[str] = set()
    for operation in operations(contract):
        name = operation.operation_id
        if not name:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} has no operationId.",
                "Add one, for example 'operationId: listQuotes'.",
                SEVERITY,
            )
        elif name in seen:
            yield operation.node.problem(
                CODE,
                f"The operationId {name} names two operations.",
                "Give each operation its own.",
                SEVERITY,
                below="/operationId",
            )
        elif not CAMEL_CASE.fullmatch(name):
            yield operation.node.problem(
                CODE,
                f"The operationId {name!r} is not camelCase.",
                "Rename it, for example listQuotes.",
                "warning",
                below="/operationId",
            )
        seen.add(name)
