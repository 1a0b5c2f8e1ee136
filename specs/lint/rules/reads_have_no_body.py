"""GET, HEAD and DELETE take no body.

Content in them has no defined meaning; proxies drop it, and some servers close the connection (RFC 9110
sections 9.3.1, 9.3.2 and 9.3.5). What a read asks for stands in the query, or the read is a POST.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.body_unexpected"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "RFC 9110 sections 9.3.1, 9.3.2 and 9.3.5; Zalando guideline 148"


def check(contract: Contract) -> Iterator[Problem]:
    """Request bodies of operations that cannot have one."""
    for operation in operations(contract):
        if operation.method in ("GET", "HEAD", "DELETE") and operation.request_body is not None:
            yield operation.node.problem(
                CODE,
                f"{operation.method} {operation.path} has a request body.",
                "Ask by query parameters, or make it a POST.",
                SEVERITY,
                below="/requestBody",
            )
