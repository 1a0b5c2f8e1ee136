"""An operation that must be idempotent takes the header ``Idempotency-Key``, and only such an operation does.

``x-pactolus.idempotency: required`` makes the gateway refuse calls without the header; the contract must tell
callers so. The other way round, a required header without the mark would be asked for and then ignored.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.lint.level import Level
from specs.model import Contract
from specs.openapi import Operation, operations
from specs.problem import Problem, Severity

CODE = "lint.idempotency_key"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "Zalando guideline 230; draft-ietf-httpapi-idempotency-key-header"

HEADER = "idempotency-key"


def check(contract: Contract) -> Iterator[Problem]:
    """Operations where mark and header disagree."""
    for operation in operations(contract):
        marked = operation.extension.get("idempotency") == "required"
        if marked and not _takes_key(operation):
            yield operation.node.problem(
                CODE,
                "Idempotency is required, but no required header Idempotency-Key is declared.",
                "Add the header parameter Idempotency-Key with 'required: true'.",
                SEVERITY,
            )
        elif not marked and _takes_key(operation):
            yield operation.node.problem(
                CODE,
                "The header Idempotency-Key is required, but nothing makes the operation idempotent.",
                "Add 'x-pactolus: {idempotency: required}', or remove the header.",
                SEVERITY,
            )


def _takes_key(operation: Operation) -> bool:
    return any(
        parameter.location == "header" and parameter.name.lower() == HEADER and parameter.required
        for parameter in operation.parameters
    )
