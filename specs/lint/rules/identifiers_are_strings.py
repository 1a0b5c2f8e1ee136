"""An identifier is an opaque string.

A number invites arithmetic and ranges, and ends with the upstream system that counted it. Use a prefixed
string (``quo_…``): the schemas of ``canonical/identifiers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import properties_in_use, types_of
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.identifier_number"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 174: an id is an opaque string"

IDENTIFIER = re.compile(r"id|ID|.*[a-z0-9](?:Id|ID)")
NUMBERS = frozenset({"number", "integer"})


def check(contract: Contract) -> Iterator[Problem]:
    """Members and parameters named like identifiers whose type is number or integer."""
    places = [(member.name, member.written, member.schema) for member in properties_in_use(contract)]
    for operation in operations(contract):
        places += [
            (parameter.name, parameter.node, parameter.schema.resolved())
            for parameter in operation.parameters
            if parameter.schema is not None
        ]
    for name, written, schema in places:
        if IDENTIFIER.fullmatch(name) and NUMBERS & types_of(schema.value):
            yield written.problem(
                CODE,
                f"{name} is an identifier, and its type is a number.",
                "Make it an opaque string; put what an upstream system counts into externalRefs.",
                SEVERITY,
            )
