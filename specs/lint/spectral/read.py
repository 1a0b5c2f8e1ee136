"""Rulesets from their text: checked by shape, extended, merged, compiled; every refusal with its line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jsonschema_rs

from specs.config import LIMITS
from specs.errors import SpecError
from specs.files import meta_text
from specs.json_text import json_positions, parse_json
from specs.lint.run import all_rules
from specs.lint.spectral.builtin import HOUSE, ONLY_WITH_ALL, RULESETS
from specs.lint.spectral.compile import SUPPORTED, Refused, compiled_rule, severity_of
from specs.lint.spectral.entry import Entry, Source
from specs.lint.spectral.globs import is_matched
from specs.lint.spectral.ruleset import HouseRule, Rule, Ruleset, Selection
from specs.positions import Positions
from specs.problem import Problem
from specs.uris import join_path
from specs.yaml_text import parse_yaml

Fetch = Callable[[str], str | None]
"""The text of a ruleset by its URI; None when there is no such file."""
Entries = dict[str, Entry]
SCHEMA = "ruleset.schema.json"
PLAIN_SPECTRAL = "spectral:"


@dataclass(slots=True)
class _Reading:
    fetch: Fetch
    files: int = 0
    notes: list[Problem] = field(default_factory=list)


def read_ruleset(uri: str, text: str, fetch: Fetch) -> Ruleset:
    """The ruleset ``text``; files it extends are fetched by their URI. SpecError with all problems found.

    Rules that a document switches on by ``overrides`` are read when that document is asked for.
    """
    reading = _Reading(fetch)
    source = parsed(uri, text)
    entries = _entries(source, reading, ())

    def for_document(path: str) -> Selection:
        return _selection(_overridden(source, dict(entries), path))

    _selection(entries)
    return Ruleset(uri, for_document, tuple(reading.notes))


def parsed(uri: str, text: str) -> Source:
    """Value and positions of one file, valid by the shape of a ruleset."""
    if text.lstrip()[:1] == "{":
        value = parse_json(text, uri, LIMITS)
        index: Positions = json_positions(text)
    else:
        value, index = parse_yaml(text, uri, LIMITS)
    source = Source(uri, value, index)
    errors = jsonschema_rs.Draft202012Validator(json.loads(meta_text(SCHEMA))).iter_errors(value)
    problems = [
        source.problem("ruleset.invalid", f"{error.message:.300}.", SUPPORTED, *tokens)
        for error in errors
        for tokens in [[str(token) for token in error.instance_path]]
    ]
    if problems:
        raise SpecError(problems[: LIMITS.problems_max])
    return source


def _entries(source: Source, reading: _Reading, around: tuple[str, ...]) -> Entries:
    """The rules of one file over those of the files it extends."""
    entries: Entries = {}
    aliases: dict[str, Any] = {}
    for name, mode, tokens in _extensions(source.value.get("extends", [])):
        inner, inner_aliases = _extended(source, name, tokens, reading, (*around, source.uri))
        aliases |= inner_aliases
        for one in inner.values():
            entries[one.name] = one if mode is None else one.in_mode(mode)
    source.aliases.update({**aliases, **source.value.get("aliases", {})})
    _merge(entries, source, source.value.get("rules", {}), ("rules",))
    if around and "overrides" in source.value:
        reading.notes.append(
            source.problem(
                "ruleset.overrides_ignored",
                "The overrides of a ruleset that another one extends are not applied.",
                "Repeat them in the ruleset that you give.",
                "overrides",
                severity="warning",
            )
        )
    return entries


def _extensions(written: Any) -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    if isinstance(written, str):
        yield written, None, ("extends",)
        return
    for number, item in enumerate(written):
        tokens = ("extends", str(number))
        yield (item, None, tokens) if isinstance(item, str) else (item[0], item[1], tokens)


def _extended(
    source: Source, name: str, tokens: tuple[str, ...], reading: _Reading, around: tuple[str, ...]
) -> tuple[Entries, dict[str, Any]]:
    if name == HOUSE:
        codes = {rule.code: rule.code for rule in all_rules()}
        return _built_in(source, codes), {}
    if name in RULESETS:
        return _built_in(source, RULESETS[name]), {}
    uri = None if ":" in name else join_path(source.uri, name)
    fix = "Extend a file below the ruleset's folder, spectral:oas, spectral:asyncapi or pactolus:house."
    if uri is None:
        what = f"There is no ruleset {name!r:.200} here; nothing is fetched from the network or from npm."
        raise SpecError([source.problem("ruleset.extends_unsupported", what, fix, *tokens)])
    if uri in around:
        what = f"{name!r:.200} extends itself."
        raise SpecError([source.problem("ruleset.circle", what, "Take one of the two away.", *tokens)])
    reading.files += 1
    if reading.files > LIMITS.ruleset_files_max:
        what = f"More than {LIMITS.ruleset_files_max} files are extended."
        raise SpecError([source.problem("ruleset.too_many_files", what, "Merge some of them.", *tokens)])
    text = reading.fetch(uri)
    if text is None:
        what = f"The ruleset {uri!r:.200} was not found."
        raise SpecError([source.problem("ruleset.not_found", what, fix, *tokens)])
    inner = parsed(uri, text)
    return _entries(inner, reading, around), inner.aliases


def _built_in(source: Source, names: Mapping[str, str | None]) -> Entries:
    return {
        name: Entry(
            name, {}, source, (), enabled=name not in ONLY_WITH_ALL,
            recommended=name not in ONLY_WITH_ALL, counterpart=code, built_in=True,
        )
        for name, code in names.items()
    }  # fmt: skip


def _merge(entries: Entries, source: Source, rules: Mapping[str, Any], at: tuple[str, ...]) -> None:
    """Adds the rules, or changes those that are there; SpecError for a change of one that is not."""
    problems: list[Problem] = []
    for name, written in rules.items():
        known, tokens = entries.get(name), (*at, name)
        if isinstance(written, dict):
            entries[name] = _defined(known, name, written, source, tokens)
        elif known is not None:
            entries[name] = _switched(known, written)
        elif written not in ("off", False, -1):
            problems.append(
                source.problem(
                    "ruleset.rule_unknown",
                    f"The rule {name!r:.100} is switched, but no ruleset that is extended has it.",
                    "Correct its name, extend the ruleset it is in, or define it.",
                    *tokens,
                )
            )
    if problems:
        raise SpecError(problems)


def _defined(
    known: Entry | None, name: str, written: dict[str, Any], source: Source, tokens: tuple[str, ...]
) -> Entry:
    if known is None or (known.built_in and "given" in written and "then" in written):
        recommended = written.get("recommended", True)
        return Entry(
            name, written, source, tokens,
            enabled=(recommended or known is not None) and not is_off(written.get("severity")),
            recommended=recommended, severity=written.get("severity"),
        )  # fmt: skip
    merged = {**known.definition, **written}
    given_by = source if "given" in written else known.given_by
    placed = (source, tokens) if "given" in written or "then" in written else (known.source, known.tokens)
    return replace(
        known,
        definition=merged,
        source=placed[0],
        tokens=placed[1],
        given_by=given_by,
        enabled=not is_off(written.get("severity", known.severity)),
        severity=written.get("severity", known.severity),
    )


def is_off(severity: Any) -> bool:
    """Whether a severity as written means that the rule does not run."""
    return severity in ("off", -1)


def _switched(known: Entry, written: Any) -> Entry:
    if isinstance(written, bool):
        return replace(known, enabled=written)
    if written in ("off", -1):
        return replace(known, enabled=False)
    return replace(known, enabled=True, severity=written)


def _overridden(source: Source, entries: Entries, path: str) -> Entries:
    for number, override in enumerate(source.value.get("overrides", [])):
        at = ("overrides", str(number), "rules")
        for pattern in override["files"]:
            glob, _, pointer = pattern.partition("#")
            if not is_matched(path, glob):
                continue
            if not pointer:
                _merge(entries, source, override.get("rules", {}), at)
                break
            for name, written in override.get("rules", {}).items():
                known = entries.get(name)
                if known is not None and not isinstance(written, dict):
                    said = written if not isinstance(written, bool) else "warn" if written else "off"
                    severity = severity_of(said)
                    entries[name] = replace(
                        known,
                        enabled=known.enabled or severity is not None,
                        places=(*known.places, (pointer, severity)),
                    )
    return entries


def _selection(entries: Entries) -> Selection:
    problems: list[Problem] = []
    rules: list[Rule] = []
    house: list[HouseRule] = []
    uncovered: list[str] = []
    for entry in entries.values():
        if not entry.enabled:
            continue
        if entry.built_in:
            if entry.counterpart is None:
                uncovered.append(entry.name)
            else:
                severity = None if entry.severity is None else severity_of(entry.severity)
                house.append(HouseRule(entry.counterpart, severity, entry.name))
            continue
        try:
            rules.append(compiled_rule(entry))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise SpecError(_distinct(problems))
    return Selection(tuple(rules), tuple(house), tuple(uncovered))


def _distinct(problems: Sequence[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))
