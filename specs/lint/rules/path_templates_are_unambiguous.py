"""No path of a request can belong to two operations, and no segment can be read in two ways.

OpenAPI 3.1 section 4.8.8.2 leaves it to each tool which of ``/a/{b}`` and ``/a/{c}``, or of ``/{a}/x`` and
``/y/{b}``, answers; the gateway refuses such a contract whole. Two parameters side by side (``{a}{b}``)
cannot be told apart. A literal segment beside a parameter is fine: ``/quotes/search`` wins over
``/quotes/{quoteId}``.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.path_templates import are_ambiguous, stand_side_by_side
from specs.problem import Problem, Severity

CODE = "lint.path_ambiguous"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "OpenAPI 3.1 section 4.8.8.2"


def check(contract: Contract) -> Iterator[Problem]:
    """Each template that shares paths with an earlier one, at its key."""
    paths = contract.root.child("paths")
    by_length: dict[int, list[str]] = {}
    for path in dict.fromkeys(operation.path for operation in operations(contract)):
        node = paths.child(path) if paths is not None else None
        if node is None:
            continue
        if stand_side_by_side(path):
            yield node.problem(
                CODE,
                f"In {path} two parameters stand side by side: where one ends cannot be told.",
                "Put a slash or a literal character between them.",
                SEVERITY,
            )
        rivals = by_length.setdefault(path.count("/"), [])
        rival = next((other for other in rivals if are_ambiguous(path, other)), None)
        if rival is not None:
            yield node.problem(
                CODE,
                f"{rival} and {path} match the same requests and neither is more specific.",
                "Put a literal segment into one of them, or merge the two.",
                SEVERITY,
            )
        rivals.append(path)
