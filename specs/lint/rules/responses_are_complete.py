"""Each operation declares how it succeeds and how it fails.

What is not declared is held back by the gateway as off contract, and a caller cannot prepare for it. An
operation has an answer of 2xx or 3xx, and one of 4xx, 5xx or ``default``.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.responses_incomplete"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 151; OpenAPI 3.1 section 4.8.16"

SUCCESSES = frozenset("123")
ERRORS = frozenset("45d")
"""``d`` is for ``default``."""


def check(contract: Contract) -> Iterator[Problem]:
    """Operations without a success, or without an error."""
    for operation in operations(contract):
        kinds = {response.status[:1] for response in operation.responses}
        missing = [] if kinds & SUCCESSES else ["no success"]
        missing += [] if kinds & ERRORS else ["no error"]
        if missing:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} declares {' and '.join(missing)}.",
                "Declare the answers a caller must expect, errors as application/problem+json.",
                SEVERITY,
            )
