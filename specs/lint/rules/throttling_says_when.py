"""A 429 says when to come back: ``Retry-After``.

Without it clients guess, and all come back at once.
The header stands in the response, or in a response that is shared.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.retry_after_missing"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "RFC 6585 section 4; Zalando guideline 153"


def check(contract: Contract) -> Iterator[Problem]:
    """Responses 429 that declare no Retry-After, each once."""
    seen: set[tuple[str, str]] = set()
    for operation in operations(contract):
        for response in operation.responses:
            place = (response.node.document.uri, response.node.pointer)
            if response.status != "429" or place in seen:
                continue
            seen.add(place)
            if all(header.name.lower() != "retry-after" for header in response.headers):
                yield response.node.problem(
                    CODE,
                    "This 429 does not say when to come back.",
                    "Declare the header Retry-After.",
                    SEVERITY,
                )
