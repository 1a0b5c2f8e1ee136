"""A list is answered a page at a time: ``{items, nextCursor}``, asked for with ``limit`` and ``cursor``.

A bare array can never grow a second member, and a list without a limit grows until it fails. The cursor is
opaque, so that what stands behind it may change.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract, Node
from specs.openapi import Operation, operations
from specs.problem import Problem, Severity

CODE = "lint.list_not_paged"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guidelines 110, 159 and 160"

COMPOSITION_DEPTH_MAX = 20


def check(contract: Contract) -> Iterator[Problem]:
    """GET operations that answer 2xx with an array, or with ``items`` and no way to the next page."""
    for operation in operations(contract):
        if operation.method != "GET":
            continue
        for response in operation.responses:
            schema = response.content[0].schema if response.content else None
            if response.status.startswith("2") and schema is not None:
                yield from _list_problems(operation, schema)


def _list_problems(operation: Operation, schema: Node) -> Iterator[Problem]:
    target = schema.resolved()
    if isinstance(target.value, dict) and target.value.get("type") == "array":
        yield schema.problem(
            CODE,
            f"{operation.method} {operation.path} answers with a bare array.",
            "Answer with an object {items, nextCursor}.",
            SEVERITY,
        )
        return
    members = _member_names(target, 0)
    if "items" not in members:
        return
    asked = {parameter.name for parameter in operation.parameters if parameter.location == "query"}
    missing = sorted({"limit", "cursor"} - asked)
    if missing:
        yield operation.node.problem(
            CODE,
            f"The list {operation.path} cannot be asked for a page at a time: no {' and no '.join(missing)}.",
            "Add the query parameters limit and cursor.",
            SEVERITY,
        )
    if "nextCursor" not in members:
        yield schema.problem(
            CODE,
            f"The list {operation.path} does not say where its next page begins.",
            "Add the member nextCursor.",
            SEVERITY,
        )


def _member_names(schema: Node, depth: int) -> set[str]:
    listed = schema.child("properties")
    names = {name for name, _ in listed.items()} if listed is not None else set()
    parts = schema.child("allOf") if depth < COMPOSITION_DEPTH_MAX else None
    for _, part in parts.items() if parts is not None else ():
        names |= _member_names(part.resolved(), depth + 1)
    return names
