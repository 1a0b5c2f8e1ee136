"""Only registered status codes are used.

Clients, proxies and the gateway act on the registered meaning; a code of one's own is treated as ``x00`` of
its class (RFC 9110 section 15) and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.status_code_unknown"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 150; IANA HTTP Status Code Registry"

CODE_DIGITS = 3
REGISTERED = frozenset(int(status) for status in HTTPStatus)


def check(contract: Contract) -> Iterator[Problem]:
    """Responses under a code nobody registered."""
    for operation in operations(contract):
        responses = operation.node.child("responses")
        for status, node in responses.items() if responses is not None else ():
            if len(status) == CODE_DIGITS and status.isdigit() and int(status) not in REGISTERED:
                yield node.problem(
                    CODE,
                    f"{status} is no registered status code.",
                    "Use the registered code nearest in meaning, and tell them apart by a problem's code.",
                    SEVERITY,
                )
