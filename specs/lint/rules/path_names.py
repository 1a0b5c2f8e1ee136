"""Path segments are kebab-case nouns, path parameters camelCase, and no path ends with a slash.

``/quotes/{quoteId}/submission``, not ``/Quotes/{quote_id}/``: callers type paths from memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.path_name"
SEVERITY: Severity = "warning"
LEVEL: Level = "bronze"
SOURCE = "Zalando guidelines 129 and 136"

SEGMENT = re.compile(r"\.?[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\{[a-z][a-zA-Z0-9]*\}")


def check(contract: Contract) -> Iterator[Problem]:
    """Paths with a segment of another spelling, once per path."""
    paths = contract.root.child("paths")
    for path in dict.fromkeys(operation.path for operation in operations(contract)):
        node = paths.child(path) if paths is not None else None
        wrong = [part for part in path[1:].split("/") if not SEGMENT.fullmatch(part)]
        if node is not None and wrong and path != "/":
            shown = ", ".join(repr(part) for part in wrong)
            yield node.problem(
                CODE,
                f"The path {path} has segments of another spelling: {shown}.",
                "Write segments in kebab-case and parameters in camelCase.",
                SEVERITY,
            )
