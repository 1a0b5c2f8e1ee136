"""An operation that takes ``If-Match`` declares what a stale one is answered with: 412.

Where the header is required, a missing one is answered 428. A caller that does not know these answers cannot
read again and retry.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.precondition_unanswered"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "RFC 9110 section 15.5.13; RFC 6585 section 3"


def check(contract: Contract) -> Iterator[Problem]:
    """Operations with If-Match that do not declare 412, or 428 where it is required."""
    for operation in operations(contract):
        header = next((p for p in operation.parameters if p.name.lower() == "if-match"), None)
        if header is None or header.location != "header":
            continue
        declared = {response.status for response in operation.responses}
        wanted = ["412", "428"] if header.required else ["412"]
        missing = [status for status in wanted if not {status, "4XX", "default"} & declared]
        if missing:
            where, answers = f"{operation.method} {operation.path}", " and ".join(missing)
            yield operation.node.problem(
                CODE,
                f"{where} takes If-Match and does not declare {answers}.",
                "Declare the responses 412 (stale) and 428 (missing).",
                SEVERITY,
            )
