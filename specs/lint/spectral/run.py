"""Runs a ruleset over a contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from specs.config import LIMITS
from specs.errors import SpecError
from specs.lint.run import all_rules, checked, in_order
from specs.lint.spectral.formats import formats_of
from specs.lint.spectral.functions import Complaint, Target, Tokens
from specs.lint.spectral.match import Match
from specs.lint.spectral.message import filled, property_text
from specs.lint.spectral.ruleset import HouseRule, Rule, Ruleset, Then
from specs.lint.spectral.select import Budget, TooManySteps, select
from specs.lint.spectral.values import UNDEFINED, as_value, followed, shown
from specs.model import Contract, Node
from specs.problem import Problem, Severity

FIELD_PART = re.compile(r"""\[(?:"([^"]*)"|'([^']*)'|([^\]"']*))\]|([^.\[\]]+)""")
FIX = "Change the contract as the rule asks; see the ruleset for its reason."


def lint_by(ruleset: Ruleset, contract: Contract, document_path: str = "") -> tuple[Problem, ...]:
    """What the ruleset finds: codes are the names of its rules, for rules of our own their codes.

    ``document_path`` is the document's path from the ruleset's folder, for ``overrides``; by default its URI.
    """
    selection = ruleset.for_document(document_path or contract.document.uri)
    formats = formats_of(contract)
    problems: dict[tuple[str, str, str, str], Problem] = {}
    for problem in _all_findings(selection.rules, selection.house, contract, formats):
        problems.setdefault((problem.code, problem.uri, problem.pointer, problem.message), problem)
        if len(problems) >= contract.limits.problems_max:
            break
    return in_order(problems.values())


def _all_findings(
    rules: tuple[Rule, ...], house: tuple[HouseRule, ...], contract: Contract, formats: frozenset[str]
) -> Iterator[Problem]:
    for rule in rules:
        if rule.formats is None or rule.formats & formats:
            yield from _findings(rule, contract, formats)
    ours = {rule.code: rule for rule in all_rules()}
    wanted: dict[str, list[Severity | None]] = {}
    for asked in house:
        if asked.code in ours:
            wanted.setdefault(asked.code, []).append(asked.severity)
    for code, severities in wanted.items():
        said = next((one for one in severities if one is not None), None)
        for problem in checked(ours[code], contract):
            yield problem if said is None else replace(problem, severity=said)


def _findings(rule: Rule, contract: Contract, formats: frozenset[str]) -> Iterator[Problem]:
    for given in rule.given:
        if given.formats is not None and not given.formats & formats:
            continue
        try:
            for match in select(given.path, contract.root, follows=rule.follows, budget=Budget()):
                for then in rule.then:
                    yield from _complaints(rule, then, match, given.path.gives_keys)
        except TooManySteps:
            what = f"The path {given.path.text[:200]} has more than {LIMITS.path_steps_max} places to try."
            yield contract.root.problem(
                "ruleset.path_too_wide", what, f"Narrow the path of the rule {rule.name}."
            )
        except SpecError as error:
            yield from error.problems


def _complaints(rule: Rule, then: Then, match: Match, gives_keys: bool) -> Iterator[Problem]:
    for start, tokens, value in _targets(rule, then, match, gives_keys):
        target = Target(value, match.node.contract.root, rule.follows)
        for complaint in then.function(target, then.options):
            problem = _problem(rule, start, (*tokens, *complaint.below), complaint)
            if problem is not None:
                yield problem


def _targets(
    rule: Rule, then: Then, match: Match, gives_keys: bool
) -> Iterator[tuple[Match, Tokens, object]]:
    """Where a function looks: from which match, by which tokens, and the value there."""
    if gives_keys:
        yield match, (), match.name if match.name is not None else UNDEFINED
    elif not then.field or not isinstance(match.node.value, dict | list):
        yield match, (), as_value(match.node)
    elif then.field == "@key":
        names = [(name,) for name, _ in match.node.items()]
        yield from ((match, tokens, tokens[0]) for tokens in names)
        if not names:
            yield match, (), UNDEFINED
    elif then.field_path is not None:
        found = list(select(then.field_path, match.node, follows=rule.follows))
        keys = then.field_path.gives_keys
        yield from ((one, (), one.name if keys else as_value(one.node)) for one in found)
        if not found:
            yield match, (), UNDEFINED
    else:
        tokens = field_tokens(then.field)
        yield match, tokens, _value_at(match.node, then.field, tokens, rule.follows)


def field_tokens(field: str) -> tuple[str, ...]:
    """``contact.name`` and ``tags[0].name`` to names; a dot always separates, as in Spectral."""
    return tuple(next(part for part in found if part) for found in FIELD_PART.findall(field) if any(found))


def _value_at(node: Node, field: str, tokens: tuple[str, ...], follows: bool) -> object:
    whole = node.child(field)
    if whole is not None:
        return as_value(followed(whole) if follows else whole)
    place: Node | None = node
    for token in tokens:
        if place is None:
            return UNDEFINED
        if token == "length" and isinstance(place.value, list | str):  # noqa: S105 - a name of JavaScript
            return len(place.value)
        below = place.child(token)
        place = followed(below) if below is not None and follows else below
    return UNDEFINED if place is None else as_value(place)


def _problem(rule: Rule, start: Match, tokens: Tokens, complaint: Complaint) -> Problem | None:
    """The finding at the nearest place that exists; None where an override turns the rule off."""
    written, node = start.written, start.node if rule.follows else start.written
    left = list(tokens)
    while left:
        below = node.child(left[0])
        if below is None:
            break
        written, node = below, followed(below) if rule.follows else below
        left.pop(0)
    place = written if complaint.is_of_reference else node
    name = place.token if not left else ".".join(str(one) for one in (place.token, *left) if one != "")
    error = complaint.message
    if error.startswith("{property} "):
        error = property_text(name) + error.removeprefix("{property}")
    values = {
        "property": name,
        "error": error,
        "path": "#" + place.pointer,
        "description": rule.description,
        "value": shown(as_value(place)),
    }
    message = filled(rule.message, values) if rule.message else rule.description or error
    severity = _severity_at(rule, place.pointer)
    if severity is None:
        return None
    fix = f"{FIX[:-1]}: {rule.documentation_url}" if rule.documentation_url else FIX
    return place.problem(rule.name, message.strip(), fix, severity)


def _severity_at(rule: Rule, pointer: str) -> Severity | None:
    """By the longest pointer of an override that holds the place."""
    found: Severity | None = rule.severity
    longest = -1
    for place, severity in rule.places:
        if len(place) > longest and (pointer == place or pointer.startswith(f"{place}/")):
            found, longest = severity, len(place)
    return found
