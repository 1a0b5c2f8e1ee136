"""Query and path parameters are camelCase, as members are.

A filter is named like the member it filters by, so that nobody looks up which of two spellings a query takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.parameter_name"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 130 asks for one spelling; ours is camelCase"

CAMEL_CASE = re.compile(r"[a-z][a-zA-Z0-9]*")


def check(contract: Contract) -> Iterator[Problem]:
    """Each parameter of another spelling, once, where it is written."""
    seen: set[tuple[str, str]] = set()
    for operation in operations(contract):
        for parameter in operation.parameters:
            place = (parameter.node.document.uri, parameter.node.pointer)
            if parameter.location not in ("query", "path") or place in seen:
                continue
            seen.add(place)
            if not CAMEL_CASE.fullmatch(parameter.name):
                yield parameter.node.problem(
                    CODE,
                    f"The {parameter.location} parameter {parameter.name[:100]!r} is not camelCase.",
                    "Rename it in the next major.",
                    SEVERITY,
                    below="/name",
                )
