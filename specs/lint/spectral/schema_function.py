"""The function ``schema``: a value of the contract against a JSON Schema of the ruleset."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from specs.config import LIMITS
from specs.lint.spectral.values import followed
from specs.model import Node

VALIDATORS: dict[str, Any] = {
    "draft4": jsonschema_rs.Draft4Validator,
    "draft6": jsonschema_rs.Draft6Validator,
    "draft7": jsonschema_rs.Draft7Validator,
    "draft2019-09": jsonschema_rs.Draft201909Validator,
    "draft2020-12": jsonschema_rs.Draft202012Validator,
}
DIALECTS = {
    "draft-04": "draft4",
    "draft-06": "draft6",
    "draft-07": "draft7",
    "2019-09": "draft2019-09",
    "2020-12": "draft2020-12",
}


class BadSchema(Exception):
    """The schema of a ruleset cannot be used."""


def complaints_by_schema(
    value: Any, options: Mapping[str, Any], *, follows: bool
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Message and tokens of each violation: all with ``allErrors``, else the first."""
    validator = compiled(options)
    for error in validator.iter_errors(expanded(value, follows=follows)):
        yield error.message[:500], tuple(error.instance_path)
        if options.get("allErrors") is not True:
            return


def compiled(options: Mapping[str, Any]) -> Any:
    """A validator of the draft that ``dialect`` or ``$schema`` names, draft 7 when neither does."""
    schema = options["schema"]
    dialect = options.get("dialect", "auto")
    if dialect == "auto":
        said = str(schema.get("$schema", ""))
        dialect = next((name for part, name in DIALECTS.items() if part in said), "draft7")
    return _compiled(json.dumps(schema, sort_keys=True), dialect)


@lru_cache(maxsize=200)
def _compiled(schema: str, dialect: str) -> Any:
    try:
        return VALIDATORS[dialect](json.loads(schema), validate_formats=True)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        raise BadSchema(str(error).partition("\n")[0]) from None


def expanded(value: Any, *, follows: bool) -> Any:
    """A copy with references followed; a reference back to what is being copied stays, as in Spectral.

    Beyond ``expanded_nodes_max`` values references stay too: a schema rarely looks that deep.
    """
    if not isinstance(value, Node):
        return value
    if not follows:
        return value.value
    return _copy(value, frozenset(), [LIMITS.expanded_nodes_max])


def _copy(node: Node, around: frozenset[tuple[str, str]], left: list[int]) -> Any:
    left[0] -= 1
    target = followed(node) if left[0] > 0 else node
    if not isinstance(target.value, dict | list):
        return target.value
    key = (target.document.uri, target.pointer)
    if key in around or left[0] <= 0 or len(around) > LIMITS.depth_max:
        return node.value
    inside = around | {key}
    if isinstance(target.value, list):
        return [_copy(item, inside, left) for _, item in target.items()]
    return {name: _copy(member, inside, left) for name, member in target.items()}
