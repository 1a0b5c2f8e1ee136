"""Reads a settings file in YAML and holds it to a schema, so that a person can mend it from one line.

What is wrong is said with the file, the place in it (a JSON pointer) and the form that is wanted there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.config import Limits
from gateway.errors import SourceError
from gateway.plan.validators import Schema, compile_schema
from specs.config import LIMITS as SPEC_LIMITS
from specs.errors import SpecError
from specs.yaml_text import parse_yaml


def object_of(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """The schema of an object with these members and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def read_file(path: Path, schema: Schema, wanted: Mapping[str, str], limits: Limits) -> Any:
    """The file's value; `SourceError` "source.malformed" when it cannot be read or is off the schema.

    `wanted` shows the form of each member of the top level.
    """
    value = _parsed(path)
    validator = compile_schema(schema, limits.regex_backtracks_max)
    found = validator.violations(value, "settings", "", 1) if validator is not None else []
    for violation in found:
        member = violation.pointer.split("/")[1] if violation.pointer else ""
        form = wanted.get(member, f"a mapping of {', '.join(wanted)}")
        detail = "is no setting" if violation.code == "additional_properties" else violation.detail
        raise wrong(path, f"{violation.pointer or '/'} {detail}; wanted: {form}")
    return value


def _parsed(path: Path) -> Any:
    """YAML 1.2, as contracts are read: `off` is a text, and so is a date."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), path.name, SPEC_LIMITS)[0]
    except SpecError as error:
        problem = error.problems[0]
        place = problem.position
        where = "" if place is None else f"line {place.line}, column {place.column}: "
        raise wrong(path, f"{where}{problem.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error).split("\n", 1)[0]
        raise wrong(path, f"cannot be read: {reason}") from error


def wrong(path: Path, reason: str) -> SourceError:
    """The error that names the file."""
    return SourceError("source.malformed", f"{path}: {reason}")
