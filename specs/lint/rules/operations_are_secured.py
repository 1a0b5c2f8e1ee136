"""Each operation says which security it requires.

The gateway denies by default; an operation that says nothing would be open to anyone. An operation that is
meant for anyone says so: ``security: []``.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract, Kind
from specs.openapi import operations
from specs.problem import Problem, Severity

CODE = "lint.security_missing"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "Zalando guidelines 104 and 105"


def check(contract: Contract) -> Iterator[Problem]:
    """Operations without ``security`` where the root has none; one problem if no operation has any."""
    if contract.kind is not Kind.OPENAPI or "security" in contract.document.value:
        return
    found = operations(contract)
    silent = [operation for operation in found if "security" not in operation.node.value]
    fix = "Add 'security' with the scopes a caller needs, or 'security: []' if anyone may call."
    if len(silent) == len(found) > 1:
        says = f"The contract says nothing about security, and none of its {len(found)} operations does."
        yield contract.root.problem(CODE, says, fix, SEVERITY)
        return
    for operation in silent:
        says = f"{operation.method} {operation.path} says nothing about security."
        yield operation.node.problem(CODE, says, fix, SEVERITY)
