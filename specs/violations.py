"""Violations of a JSON Schema, told at the place an author would correct.

"Not valid under any of the schemas of oneOf" helps nobody: the branch the author most likely meant is the one
that gets furthest into the value, and its own violations are reported instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from specs.problem import Severity

Path = tuple[str | int, ...]
BRANCH_DEPTH_MAX = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation at a path of member names and indexes."""

    code: str
    message: str
    fix: str
    path: Path
    severity: Severity = "error"


def violations_of(validator: Any, value: Any) -> Iterator[Violation]:
    """All violations a ``jsonschema_rs`` validator finds."""
    for error in validator.iter_errors(value):
        for inner in _most_likely(error, 0):
            yield Violation(
                "validity.schema", _sentence(inner.message), _fix(inner), tuple(inner.instance_path)
            )


def _most_likely(error: Any, depth: int) -> list[Any]:
    branches: Sequence[Sequence[Any]] | None = getattr(error.kind, "context", None)
    if not branches or depth > BRANCH_DEPTH_MAX:
        return [error]
    place = list(error.instance_path)
    meant = [branch for branch in branches if branch and not _asks_for_reference(branch, place)]
    if not meant:
        return [error]
    best = max(meant, key=lambda branch: (_reach(branch), -len(branch)))
    if _reach(best) <= len(place) and len(meant) > 1:
        return [error]
    return [inner for one in best for inner in _most_likely(one, depth + 1)]


def _asks_for_reference(branch: Sequence[Any], place: list[str | int]) -> bool:
    """The branch "or a Reference Object", which an author who wrote no ``$ref`` did not mean."""
    return any(
        isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required)
        and error.kind.property == "$ref"
        and list(error.instance_path) == place
        for error in branch
    )


def _reach(branch: Sequence[Any]) -> int:
    return max(len(error.instance_path) for error in branch)


def _sentence(message: str) -> str:
    return message if message.endswith(".") else message + "."


def _fix(error: Any) -> str:
    kinds = jsonschema_rs.ValidationErrorKind
    if isinstance(error.kind, kinds.Required):
        return f"Add the member {error.kind.property!r}."
    if isinstance(error.kind, kinds.AdditionalProperties | kinds.UnevaluatedProperties):
        return "Remove or rename the member; extensions begin with 'x-'."
    if isinstance(error.kind, kinds.Type):
        return "Write a value of the type the specification asks for."
    return "Correct the value as the specification says."
