"""A JSON body is an object at its top.

An array or a bare value can never get a second member; an object can grow compatibly. Lists that are answered
are another rule's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import types_of
from specs.model import Contract
from specs.openapi import MediaType, Operation, operations
from specs.problem import Problem, Severity

CODE = "lint.body_not_object"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guideline 110"


def check(contract: Contract) -> Iterator[Problem]:
    """Bodies of requests, and of answers to writes, that are arrays, texts or numbers."""
    for operation in operations(contract):
        for part in _bodies(operation):
            if not part.name.partition(";")[0].strip().lower().endswith("json") or part.schema is None:
                continue
            types = types_of(part.schema.resolved().value) - {"null"}
            if types and "object" not in types:
                yield part.schema.problem(
                    CODE,
                    f"A body of {operation.method} {operation.path} is no object.",
                    "Wrap it in an object, for example {items: [...]}.",
                    SEVERITY,
                )


def _bodies(operation: Operation) -> Iterator[MediaType]:
    if operation.request_body is not None:
        yield from operation.request_body.content
    for response in operation.responses:
        if operation.method != "GET":
            yield from response.content
