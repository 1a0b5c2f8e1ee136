"""A contract, its operations and its parameters say what they are for.

The catalog shows nothing else. A summary is one line; a description may explain.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.asyncapi import event_operations
from specs.lint.level import Level
from specs.model import Contract, Kind, Node
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.description_missing"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guideline 218; OpenAPI 3.1 section 4.8.10"


def check(contract: Contract) -> Iterator[Problem]:
    """``info``, operations and parameters with neither summary nor description."""
    info = contract.root.child("info")
    if contract.kind is not Kind.JSON_SCHEMA and info is not None and not _is_described(info):
        yield _problem(info, "The contract")
    for operation in operations(contract):
        if not _is_described(operation.node):
            yield _problem(operation.node, f"{operation.method} {operation.path}")
        for parameter in operation.parameters:
            if not _is_described(parameter.node):
                yield _problem(parameter.node, f"The parameter {parameter.name}")
    for event in event_operations(contract):
        if not _is_described(event.node):
            yield _problem(event.node, f"The operation {event.operation_id}")


def _is_described(node: Node) -> bool:
    """A title counts, except that of ``info``, which every contract has."""
    members = ("summary", "description") if node.pointer == "/info" else ("summary", "description", "title")
    value = node.value if isinstance(node.value, dict) else {}
    return any(isinstance(value.get(name), str) and value[name].strip() for name in members)


def _problem(node: Node, what: str) -> Problem:
    return node.problem(CODE, f"{what} is not described.", "Add a summary or a description.", SEVERITY)
