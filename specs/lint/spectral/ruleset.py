"""A ruleset as read: rules that run, each compiled, and what each document changes about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from specs.lint.spectral.functions import Function
from specs.lint.spectral.path import JsonPath
from specs.problem import Problem, Severity


@dataclass(frozen=True, slots=True)
class Then:
    """``field``: ``""`` the value itself, ``@key`` its names, ``$...`` a path below it, else dotted names."""

    field: str
    function_name: str
    function: Function
    options: Mapping[str, Any]
    field_path: JsonPath | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """A path, and the formats it is for: an alias may mean another path in another format."""

    path: JsonPath
    formats: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule written in the ruleset; ``severity`` is None where a place turned it off."""

    name: str
    description: str
    message: str
    severity: Severity
    given: tuple[Given, ...]
    then: tuple[Then, ...]
    formats: frozenset[str] | None
    follows: bool
    documentation_url: str = ""
    places: tuple[tuple[str, Severity | None], ...] = ()
    """Severities for what stands at or below a pointer (``overrides``); None turns it off there."""


@dataclass(frozen=True, slots=True)
class HouseRule:
    """A rule of our own that the ruleset asks for, by its code; severity None is the rule's own."""

    code: str
    severity: Severity | None
    asked_as: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What runs for one document."""

    rules: tuple[Rule, ...]
    house: tuple[HouseRule, ...]
    uncovered: tuple[str, ...]
    """Rules of Spectral's own rulesets that are asked for and have no counterpart here."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """``for_document`` takes a document's path seen from the ruleset's folder; SpecError ``ruleset.*``."""

    uri: str
    for_document: Callable[[str], Selection]
    notes: tuple[Problem, ...] = field(default=())
