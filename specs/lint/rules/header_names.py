"""Header parameters have names that reach the system behind the gateway.

A name is a token (RFC 9110 section 5.6.2); names differ in more than case. ``Host``, the names of the hop
(``Connection``, ``Transfer-Encoding``, ...) and ``X-Pactolus-*`` belong to others; the gateway drops what a
caller sends there. It drops names with an underscore too: CGI and WSGI cannot tell them from a hyphen
(RFC 3875 section 4.1.18).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.header_name"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "RFC 9110 section 5.6.2; RFC 3875 section 4.1.18"

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
HOP = frozenset(
    """
    host connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer
    transfer-encoding upgrade http2-settings
    """.split()  # noqa: SIM905 - read better as text
)


def check(contract: Contract) -> Iterator[Problem]:
    """Each parameter with a name that cannot arrive, and each that repeats one in another case."""
    for operation in operations(contract):
        seen: dict[str, str] = {}
        for parameter in operation.parameters:
            if parameter.location != "header":
                continue
            name = parameter.name
            fault = _fault(name)
            twin = seen.setdefault(name.lower(), name)
            if not fault and twin != name:
                fault = f"differs from {twin} in case only, and is the same header"
            if fault:
                yield parameter.node.problem(
                    CODE,
                    f"The header parameter {name[:100]!r} {fault}.",
                    "Choose another name, for example 'Quote-Version'.",
                    SEVERITY,
                    below="/name",
                )


def _fault(name: str) -> str:
    if not TOKEN.fullmatch(name):
        return "has a character that no header name can have"
    if name.lower() in HOP:
        return "belongs to the connection, not to the message"
    if name.lower().startswith("x-pactolus-"):
        return "begins with X-Pactolus-, which only the gateway sends"
    if "_" in name:
        return "has an underscore, and such headers are dropped on the way"
    return ""
