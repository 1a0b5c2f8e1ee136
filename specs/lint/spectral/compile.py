"""One rule of a ruleset made ready to run; what of it is not supported is refused with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jsonschema_rs

from specs.files import meta_text
from specs.lint.spectral.entry import Entry, Source
from specs.lint.spectral.expression import Expression, Unsupported
from specs.lint.spectral.formats import KNOWN
from specs.lint.spectral.functions import FUNCTIONS
from specs.lint.spectral.message import unsupported_placeholder
from specs.lint.spectral.path import Filter, JsonPath, Step, parse_path
from specs.lint.spectral.ruleset import Given, Rule, Then
from specs.lint.spectral.schema_function import BadSchema, compiled
from specs.lint.spectral.values import BadPattern, check_pattern, regex_of
from specs.problem import Problem, Severity

ALIAS = re.compile(r"#([A-Za-z0-9_-]+)(.*)", re.DOTALL)
ALIAS_DEPTH_MAX = 20
SEVERITIES: dict[str | int, Severity | None] = {
    "error": "error", "warn": "warning", "info": "info", "hint": "info", "off": None,
    0: "error", 1: "warning", 2: "info", 3: "info", -1: None,
}  # fmt: skip
SUPPORTED = "See docs/reference/rulesets.md for what is supported, or turn the rule off."


class Refused(Exception):
    """A rule that cannot run here."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


def severity_of(written: str | int) -> Severity | None:
    """Our severity for Spectral's; hint and info are both ``info``."""
    return SEVERITIES[written]


def compiled_rule(entry: Entry) -> Rule:
    """The rule; ``Refused`` with all that is not supported about it."""
    definition, source = entry.definition, entry.source
    missing = [name for name in ("given", "then") if name not in definition]
    if missing:
        what = f"The rule {entry.name!r:.100} has no {' and no '.join(missing)}."
        raise Refused(source.problem("ruleset.rule_incomplete", what, "Add it.", *entry.tokens))
    problems: list[Problem] = []
    given: list[Given] = []
    then: list[Then] = []
    for number, text in _listed(definition["given"]):
        with _told(problems):
            given += _given(entry, number, text)
    for number, one in _listed(definition["then"]):
        with _told(problems):
            then.append(_then(entry, number, one))
    written = definition.get("formats", source.value.get("formats"))
    unknown = [name for name in written or () if name not in KNOWN]
    if unknown:
        what = f"The format {unknown[0]!r:.60} is unknown."
        problems.append(source.problem("ruleset.format_unknown", what, SUPPORTED, *entry.tokens))
    message = definition.get("message", "")
    bad = unsupported_placeholder(message)
    if bad:
        what = f"The placeholder {bad!r:.100} is not supported."
        problems.append(
            source.problem("ruleset.placeholder_unsupported", what, SUPPORTED, *entry.tokens, "message")
        )
    if problems:
        raise Refused(*problems)
    return Rule(
        name=entry.name,
        description=definition.get("description", ""),
        message=message,
        severity=severity_of("warn" if entry.severity is None else entry.severity) or "warning",
        given=tuple(given),
        then=tuple(then),
        formats=frozenset(written) if written is not None else None,
        follows=definition.get("resolved", True),
        documentation_url=definition.get("documentationUrl", ""),
        places=entry.places,
    )


def _listed(written: Any) -> list[tuple[str, Any]]:
    """Tokens below ``given`` or ``then``, and what stands there."""
    return [(str(n), one) for n, one in enumerate(written)] if isinstance(written, list) else [("", written)]


@contextmanager
def _told(problems: list[Problem]) -> Iterator[None]:
    """Goes on after a refusal, so that all of a rule's are told at once."""
    try:
        yield
    except Refused as refused:
        problems += refused.problems


def _given(entry: Entry, number: str, text: str) -> tuple[Given, ...]:
    tokens = (*entry.tokens, "given", *([number] if number else []))
    aliased = entry.given_by or entry.source
    found = []
    for path, formats in _unaliased(text, aliased, entry, tokens, 0):
        found.append(Given(_path(path, entry.source, tokens), formats))
    return tuple(found)


def _unaliased(
    text: str, aliased: Source, entry: Entry, tokens: tuple[str, ...], depth: int
) -> Iterator[tuple[str, frozenset[str] | None]]:
    alias = ALIAS.fullmatch(text)
    if alias is None:
        yield text, None
        return
    definition = aliased.aliases.get(alias[1])
    if definition is None or depth > ALIAS_DEPTH_MAX:
        what = f"The alias {alias[1]!r} " + ("is not defined." if definition is None else "leads to itself.")
        fix = "Define it below 'aliases'."
        raise Refused(entry.source.problem("ruleset.alias_unknown", what, fix, *tokens))
    if isinstance(definition, dict):
        for name in (name for one in definition["targets"] for name in one["formats"] if name not in KNOWN):
            what = f"The format {name!r:.60} of the alias {alias[1]!r} is unknown."
            raise Refused(entry.source.problem("ruleset.format_unknown", what, SUPPORTED, *tokens))
        targets: list[tuple[Any, frozenset[str] | None]] = [
            (one["given"], frozenset(one["formats"])) for one in reversed(definition["targets"])
        ]
    else:
        targets = [(definition, None)]
    for given, formats in targets:
        for one in [given] if isinstance(given, str) else given:
            for path, inner in _unaliased(one + alias[2], aliased, entry, tokens, depth + 1):
                yield path, formats if inner is None else inner if formats is None else formats & inner


def _path(text: str, source: Source, tokens: tuple[str, ...]) -> JsonPath:
    try:
        path = parse_path(text)
        for segment in path.segments:
            for selector in segment.selectors if isinstance(segment, Step) else ():
                if isinstance(selector, Filter):
                    _check_regexes(selector.expression)
        return path
    except Unsupported as unsupported:
        what = f"{unsupported.what}, at character {unsupported.at + 1}"
    except BadPattern as bad:
        what = f"{bad} cannot be compiled"
    message = f"The path {text[:200]!r} is not supported: {what}."
    raise Refused(source.problem("ruleset.path_unsupported", message, SUPPORTED, *tokens))


def _check_regexes(expression: Expression) -> None:
    if expression and expression[0] == "regex":
        check_pattern(expression[1], expression[2])
        return
    for part in expression:
        if isinstance(part, tuple):
            _check_regexes(part)


def _then(entry: Entry, number: str, written: dict[str, Any]) -> Then:
    tokens = (*entry.tokens, "then", *([number] if number else []))
    source, name = entry.source, written["function"]
    function = FUNCTIONS.get(name)
    if function is None:
        what = f"The function {name!r:.100} is JavaScript, which does not run here."
        raise Refused(source.problem("ruleset.function_unsupported", what, SUPPORTED, *tokens, "function"))
    options = written.get("functionOptions")
    _check_options(name, options, source, tokens)
    field = written.get("field", "")
    is_path = field.startswith("$") and field[1:2] in ("", ".", "[", "^", "~")  # "$ref" is a name
    path = _path(field, source, (*tokens, "field")) if is_path else None
    return Then(field, name, function, options or {}, path)


def _check_options(name: str, options: Any, source: Source, tokens: tuple[str, ...]) -> None:
    schema = json.loads(meta_text("ruleset.schema.json"))
    wanted = {"$defs": schema["$defs"], "$ref": f"#/$defs/options-{name}"}
    validator = jsonschema_rs.Draft202012Validator(wanted)
    error = next(validator.iter_errors(options), None)
    what = f"The options of {name} are wrong: {error.message:.200}." if error is not None else ""
    try:
        if not what and name == "pattern":
            for text in options.values():
                check_pattern(*regex_of(text))
        if not what and name == "schema":
            compiled(options)
    except (BadPattern, BadSchema) as bad:
        what = f"The options of {name} are wrong: {bad} cannot be compiled."
    if what:
        place = (*tokens, "functionOptions")
        raise Refused(source.problem("ruleset.options_invalid", what, SUPPORTED, *place))
