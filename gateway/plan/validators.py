"""JSON Schemas compiled once, and their findings in the gateway's words.

jsonschema-rs validates by JSON Schema 2020-12, whatever the contract was written in (`specs.schema` lowers
it). Formats are asserted for what jsonschema-rs knows (date, date-time, time, duration, uuid, email, uri,
ipv4, ...); an unknown format stays the annotation that JSON Schema says it is. Patterns run on a linear-
time engine; a pattern that needs look-around runs on a backtracking one with a bound on its steps, and
reaching it is a violation. Nothing is fetched. Values of the message are never repeated in a finding.

jsonschema-rs finds all errors before it gives the first, each with a copy of what it speaks of: many small
violations in one large value would hold the process up for seconds. Only of a small value all are listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from gateway.errors import PlanError
from gateway.model import Violation
from gateway.plan.places import READ_ONLY

Schema = dict[str, Any] | bool
MASK = "value"
LISTED_VALUES_MAX = 1_000
LISTED_TEXT_MAX = 16 * 1024


@dataclass(frozen=True, slots=True)
class Validator:
    """One compiled schema: `accepts` is the quick yes or no, `violations` says what is wrong.

    `first_error` raises the first error and looks no further; `errors` finds all of them.
    """

    accepts: Callable[[Any], bool]
    first_error: Callable[[Any], None]
    errors: Callable[[Any], Iterator[Any]]

    def violations(self, value: object, where: str, prefix: str, count_max: int) -> list[Violation]:
        """Up to `count_max` violations, of a value that `is_listed` denies only those of the first error.

        `prefix` is the JSON pointer of `value` in what `where` names.
        """
        if is_listed(value):
            found: list[Violation] = []
            for error in islice(self.errors(value), count_max):
                found.extend(islice(_translate(error, where, prefix), count_max))
            return found[:count_max]
        try:
            self.first_error(value)
        except jsonschema_rs.ValidationError as error:
            return list(islice(_translate(error, where, prefix), count_max))
        return []


def is_listed(value: object) -> bool:
    """True when all violations of `value` are told: few values and little text, so few and small errors."""
    waiting, values, text = [value], 0, 0
    while waiting:
        current = waiting.pop()
        values += 1
        if isinstance(current, str):
            text += len(current)
        elif isinstance(current, list):
            values += len(current)
            waiting.extend(current[:LISTED_VALUES_MAX])
        elif isinstance(current, dict):
            values += len(current)
            text += sum(map(len, islice(current, LISTED_VALUES_MAX)))
            waiting.extend(islice(current.values(), LISTED_VALUES_MAX))
        if values > 2 * LISTED_VALUES_MAX or text > LISTED_TEXT_MAX:
            return False
    return True


def compile_schema(schema: Schema, regex_backtracks_max: int) -> Validator | None:
    """A validator for a self-contained 2020-12 schema; None when it accepts everything."""
    if schema is True or schema == {}:
        return None
    linear = jsonschema_rs.RegexOptions()
    bounded = jsonschema_rs.FancyRegexOptions(backtrack_limit=regex_backtracks_max)
    try:
        try:
            compiled = _compiled(schema, linear)
        except jsonschema_rs.ValidationError:
            compiled = _compiled(schema, bounded)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        raise PlanError("contract.schema_invalid", f"a schema cannot be compiled: {reason}") from error
    return Validator(compiled.is_valid, compiled.validate, compiled.iter_errors)


def _compiled(schema: Schema, pattern_options: jsonschema_rs.PatternOptionsType) -> Any:
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, offline=True, mask=MASK, pattern_options=pattern_options
    )


def _translate(error: Any, where: str, prefix: str) -> Iterator[Violation]:
    pointer = prefix + "".join("/" + escape(str(token)) for token in error.instance_path)
    kind = error.kind.as_dict()
    code = snake_case(error.kind.name)
    if code == "required":
        yield Violation(where, f"{pointer}/{escape(kind['property'])}", code, "is required")
    elif code in ("additional_properties", "unevaluated_properties") and kind.get("unexpected"):
        for name in kind["unexpected"]:
            yield Violation(where, f"{pointer}/{escape(name)}", code, "is not in the contract")
    elif code == "not" and kind.get("schema") == READ_ONLY["not"]:
        yield Violation(where, pointer, "read_only", "is read-only: the system behind sets it")
    else:
        yield Violation(where, pointer, code, error.message)


def snake_case(keyword: str) -> str:
    """The keyword as a code: `maxLength` -> `max_length`."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in keyword)


def escape(token: str) -> str:
    """One reference token of a JSON pointer (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1")
