"""Each path template is one that a request can have: the gateway refuses what could be read in two ways.

No ``.`` or ``..`` segment, no empty segment, no ``?`` or ``#``, no space, backslash or control character
(RFC 3986 sections 3.3 and 5.2.4), braces in pairs around a name. No percent-encoding: a request is decoded
before it is compared, so write the character itself; an encoded slash is never let through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.path_unreachable"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "RFC 3986 sections 3.3 and 5.2.4"

PARAMETER = re.compile(r"\{[^{}/]+\}")
ASCII = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@]*")
"""``pchar`` of RFC 3986 without percent-encoding; other letters arrive encoded and are compared decoded."""


def check(contract: Contract) -> Iterator[Problem]:
    """The first fault of each path, at its key."""
    paths = contract.root.child("paths")
    for path in dict.fromkeys(operation.path for operation in operations(contract)):
        node = paths.child(path) if paths is not None else None
        fault = _fault(path)
        if node is not None and fault:
            yield node.problem(
                CODE,
                f"No request can have the path {path[:100]!r}: {fault}.",
                "Write letters, digits, hyphens and {parameters} between single slashes.",
                SEVERITY,
            )


def _fault(path: str) -> str:
    segments = path[1:].split("/")
    if not path.startswith("/"):
        return "it does not begin with a slash"
    if any(segment in (".", "..") for segment in segments):
        return "clients remove the segments '.' and '..'"
    if "" in segments[:-1]:
        return "it has an empty segment"
    if "%" in path:
        return "requests are decoded before they are compared, so nothing equals a percent sign"
    for segment in segments:
        literal = PARAMETER.sub("", segment)
        if "{" in literal or "}" in literal:
            return "its braces do not pair"
        if not literal.isprintable() or not ASCII.fullmatch(literal.encode("ascii", "ignore").decode()):
            return f"{segment[:40]!r} has a character that no path can have"
    return ""
