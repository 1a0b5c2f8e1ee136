"""No credential travels in a URL.

URLs are logged by every proxy, kept in histories and sent on as Referer. Tokens, keys and passwords go into
headers or bodies; an API key is declared with ``in: header``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.credential_in_url"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "RFC 6750 section 5.3; OWASP API Security 2023, API2"

CREDENTIAL = re.compile(
    r"api[-_]?key|access[-_]?token|refresh[-_]?token|id[-_]?token|auth[-_]?token|token|password|passwd|secret"
    r"|client[-_]?secret|authorization",
    re.IGNORECASE,
)


def check(contract: Contract) -> Iterator[Problem]:
    """Query and path parameters named like credentials, and API keys declared in the query."""
    fix = "Send it in a header; the header Authorization where it is a token."
    for operation in operations(contract):
        for parameter in operation.parameters:
            if parameter.location in ("query", "path") and CREDENTIAL.fullmatch(parameter.name):
                says = f"The {parameter.location} parameter {parameter.name[:100]!r} carries a credential."
                yield parameter.node.problem(CODE, says, fix, SEVERITY)
    schemes = contract.root.child("components", "securitySchemes")
    for name, written in schemes.items() if schemes is not None else ():
        scheme = written.resolved()
        if isinstance(scheme.value, dict) and scheme.value.get("in") == "query":
            yield scheme.problem(CODE, f"The API key of {name[:100]} travels in the query.", fix, SEVERITY)
