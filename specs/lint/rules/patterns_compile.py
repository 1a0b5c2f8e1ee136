"""Each ``pattern`` is one that the gateway can hold a value to.

Patterns are ECMA-262. Those that no engine here can compile make the gateway refuse the contract whole:
unfinished ones (``a{``), back references, and repetitions that multiply to millions of states
(``^(a{1000}){1000}$``). The names of ``patternProperties`` are patterns too.
"""

from __future__ import annotations

from collections.abc import Iterator

import jsonschema_rs

from specs.lint.level import Level
from specs.lint.schemas import schemas_in_use
from specs.model import Contract, Node
from specs.problem import Problem, Severity

CODE = "lint.pattern"
SEVERITY: Severity = "error"
LEVEL: Level = "baseline"
SOURCE = "JSON Schema 2020-12 core section 6.4; ECMA-262"


def check(contract: Contract) -> Iterator[Problem]:
    """Each pattern of a schema in use that does not compile, where it stands."""
    judged: dict[str, bool] = {}
    for use in schemas_in_use(contract):
        for pattern, node in _patterns(use.node):
            if pattern not in judged:
                judged[pattern] = _compiles(pattern)
            if not judged[pattern]:
                yield node.problem(
                    CODE,
                    f"The pattern {pattern[:100]!r} cannot be compiled to a check.",
                    "Write a regular expression of ECMA-262 without back references, with small repetitions.",
                    SEVERITY,
                )


def _patterns(schema: Node) -> Iterator[tuple[str, Node]]:
    written = schema.child("pattern") if "pattern" in schema.value else None
    if written is not None and isinstance(written.value, str):
        yield written.value, written
    named = schema.child("patternProperties") if "patternProperties" in schema.value else None
    if named is not None and isinstance(named.value, dict):
        yield from ((name, node) for name, node in named.items())


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
