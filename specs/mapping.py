"""Field mappings: data that says which field of one document goes to which field of another.

The code that moves values is elsewhere and reads this, so that another upstream is another file. The shape is
``specs/meta/mapping.schema.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from specs.config import LIMITS
from specs.errors import SpecError
from specs.files import meta_text
from specs.json_text import json_positions, parse_json
from specs.pointers import pointer_of
from specs.positions import Positions
from specs.problem import Problem
from specs.yaml_text import parse_yaml

SCHEMA = "mapping.schema.json"
FIX = "See docs/reference/mappings.md for the members of a mapping."


@dataclass(frozen=True, slots=True)
class MappingEnd:
    """One side: a version of a contract, or a release of a vendor's document.

    ``document`` is the URI of a document that a contract refers to, "" for the contract itself.
    """

    is_vendor: bool
    name: str
    version: str
    document: str


@dataclass(frozen=True, slots=True)
class MappedField:
    """``source`` and ``target`` are JSON pointers to schemas; ``values`` what values are called there."""

    source: str
    target: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A mapping as read; ``index`` finds the lines."""

    uri: str
    source: MappingEnd
    target: MappingEnd
    fields: tuple[MappedField, ...]
    index: Positions

    def problem(self, code: str, message: str, fix: str, *tokens: str) -> Problem:
        """A problem at that place of the file."""
        return Problem(code, message, fix, self.uri, pointer_of(tokens), self.index.find(list(tokens)))


def read_mapping(uri: str, text: str) -> FieldMapping:
    """SpecError with every problem of the file and its line."""
    index: Positions
    if text.lstrip()[:1] == "{":
        value, index = parse_json(text, uri, LIMITS), json_positions(text)
    else:
        value, index = parse_yaml(text, uri, LIMITS)
    problems = [
        Problem("mapping.invalid", f"{error.message:.300}.", FIX, uri, pointer_of(tokens), index.find(tokens))
        for error in _validator().iter_errors(value)
        for tokens in [[str(token) for token in error.instance_path]]
    ]
    if problems:
        raise SpecError(problems[: LIMITS.problems_max])
    fields = tuple(MappedField(one["from"], one["to"], one.get("values", {})) for one in value["fields"])
    return FieldMapping(uri, _end(value["source"]), _end(value["target"]), fields, index)


def _end(value: Mapping[str, Any]) -> MappingEnd:
    vendor = "vendorDocument" in value
    name = value["vendorDocument" if vendor else "contract"]
    return MappingEnd(vendor, name, value["version"], value.get("document", ""))


@cache
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(json.loads(meta_text(SCHEMA)))
