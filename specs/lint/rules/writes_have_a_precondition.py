"""PUT and PATCH take the header ``If-Match``.

Without it the second of two writers overwrites the first unseen (RFC 9110 section 13.1.1). A missing header
is answered 428, a stale one 412.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.precondition_missing"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guideline 182; RFC 9110 section 13.1.1; RFC 6585 section 3"


def check(contract: Contract) -> Iterator[Problem]:
    """PUT and PATCH operations without an If-Match header parameter."""
    for operation in operations(contract):
        if operation.method not in ("PUT", "PATCH"):
            continue
        headers = {p.name.lower() for p in operation.parameters if p.location == "header"}
        if "if-match" not in headers:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} takes no If-Match header.",
                "Add the header parameter If-Match, and the answers 412 and 428.",
                SEVERITY,
            )
