"""An operation that creates can be repeated: it takes ``Idempotency-Key``.

A caller that got no answer must be able to ask again without a second order or invoice. A POST that answers
201 or 202 says ``x-pactolus: {idempotency: required}``, or another value where a repetition does no harm.
The gateway keeps the keys, so contracts of the platform itself, which it does not serve, are not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import EXTENSION, operations
from specs.problem import Problem, Severity

CODE = "lint.create_not_idempotent"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guidelines 229 and 230; draft-ietf-httpapi-idempotency-key-header"

CREATED = frozenset({"201", "202"})


def check(contract: Contract) -> Iterator[Problem]:
    """POST operations that create, or start to, and say nothing about repetition."""
    extension = contract.root.child(EXTENSION, "layer")
    if extension is not None and extension.value == "platform":
        return
    for operation in operations(contract):
        if operation.method != "POST" or "idempotency" in operation.extension:
            continue
        if CREATED & {response.status for response in operation.responses}:
            yield operation.node.problem(
                CODE,
                f"POST {operation.path} creates, and a caller cannot repeat it safely.",
                "Add 'x-pactolus: {idempotency: required}' and the header Idempotency-Key.",
                SEVERITY,
            )
