r"""Patterns of a contract (ECMA-262) put so that Python's ``re`` reads them alike at the end of a value.

To Python a dollar also stands before a last line end; to ECMA-262, without its flag m, it is the end alone,
which Python writes ``\Z``.
"""

from __future__ import annotations

import re
from typing import Any, Final

# An escape, a class in brackets, or a dollar; the first two are kept as they are.
_PARTS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_END: Final = r"\Z"


def with_python_patterns(value: Any) -> Any:
    """A copy of a JSON document in which ``pattern`` and the names of ``patternProperties`` suit Python."""
    if isinstance(value, list):
        return [with_python_patterns(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _member(name, member) for name, member in value.items()}


def as_python(pattern: str) -> str:
    """The pattern with each end of the value as Python writes it."""
    return _PARTS.sub(lambda part: _END if part[0] == "$" else part[0], pattern)


def as_written(pattern: str) -> str:
    """The contract's own form of a pattern made by ``as_python``, to show to callers."""
    return _PARTS.sub(lambda part: "$" if part[0] == _END else part[0], pattern)


def _member(name: str, member: Any) -> Any:
    if name == "pattern" and isinstance(member, str):
        return as_python(member)
    if name == "patternProperties" and _is_schema_map(member):
        return {as_python(pattern): with_python_patterns(schema) for pattern, schema in member.items()}
    return with_python_patterns(member)


def _is_schema_map(member: Any) -> bool:
    # A member that merely bears the name is a schema, whose keywords are not all schemas.
    return isinstance(member, dict) and all(isinstance(schema, dict | bool) for schema in member.values())
