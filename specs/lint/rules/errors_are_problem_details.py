"""Every error is answered with ``application/problem+json`` (RFC 9457).

One shape for all errors of all systems: a caller handles it once, and a code stays a code on its way through.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.problem_details"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 176; RFC 9457"

MEDIA_TYPE = "application/problem+json"


def check(contract: Contract) -> Iterator[Problem]:
    """Responses 4xx, 5xx and default with a body that is something else, or with none."""
    for operation in operations(contract):
        for response in operation.responses:
            if response.status[:1] not in ("4", "5") and response.status != "default":
                continue
            if all(part.name.partition(";")[0].strip().lower() != MEDIA_TYPE for part in response.content):
                where = f"{operation.method} {operation.path}"
                yield response.node.problem(
                    CODE,
                    f"The error {response.status} of {where} is no problem details.",
                    f"Give it content of the type {MEDIA_TYPE} with the schema canonical/problem.",
                    SEVERITY,
                )
