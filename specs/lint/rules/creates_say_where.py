"""A 201 says where the new resource is: the header ``Location``.

A caller that only keeps the identifier builds URLs by itself and breaks when they move. It is asked of
collections whose items can be read: ``POST /quotes`` where ``GET /quotes/{quoteId}`` exists.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.location_missing"
SEVERITY: Severity = "warning"
LEVEL: Level = "gold"
SOURCE = "RFC 9110 sections 10.2.2 and 15.3.2; Zalando guideline 148"


def check(contract: Contract) -> Iterator[Problem]:
    """Responses 201 to POST without Location, each once."""
    readable = {one.path.rpartition("/") for one in operations(contract) if one.method == "GET"}
    collections = {path for path, _, last in readable if last.startswith("{")}
    seen: set[tuple[str, str]] = set()
    for operation in operations(contract):
        for response in operation.responses:
            place = (response.node.document.uri, response.node.pointer)
            if operation.method != "POST" or response.status != "201" or place in seen:
                continue
            if operation.path not in collections:
                continue
            seen.add(place)
            if all(header.name.lower() != "location" for header in response.headers):
                yield response.node.problem(
                    CODE,
                    f"The 201 of POST {operation.path} does not say where the resource is.",
                    "Declare the header Location.",
                    SEVERITY,
                )
