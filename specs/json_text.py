"""JSON text (RFC 8259) to values, strictly, and where each value stands.

Stricter than ``json.loads``: duplicate names, NaN and Infinity, numbers no double can hold, lone surrogates
and deep nesting are refused with their line. Parsing keeps no positions (they would double its time); the
text is looked through when a position is asked for.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from specs.config import Limits
from specs.errors import SpecError
from specs.positions import LineTable
from specs.problem import Position, Problem

# Possessive quantifiers: a string is matched once and never re-tried, so the scan is linear.
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],]|[^\s"{}\[\],:]++', re.DOTALL)
NUMBER = re.compile(r"-?[0-9]++(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
BLANK = re.compile(r"[ \t\n\r]*+")
SCANNER = json.JSONDecoder()
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class _Refused(ValueError):
    """Something ``json`` would let pass; the scan finds out what and where."""


def parse_json(text: str, uri: str, limits: Limits) -> Any:
    """The value of a JSON text; SpecError with code ``json.*`` or ``document.*``."""
    # No more values than separators; the exact count is taken only where that bound is passed.
    if text.count(",") + text.count("[") + text.count("{") > limits.nodes_max:
        _refuse_too_many_values(text, uri, limits)
    try:
        return _decoder(limits).decode(text)
    except json.JSONDecodeError as error:
        position = Position(error.lineno, error.colno)
        raise SpecError([_syntax_problem(error.msg, uri, position)]) from None
    except RecursionError:
        raise SpecError([_too_deep(text, uri, limits)]) from None
    except _Refused as refused:
        raise SpecError(_refusals(text, uri, limits) or [_unplaced(str(refused), uri)]) from None


def json_positions(text: str) -> JsonPositions:
    """Positions of all values; the text must have been parsed before."""
    return JsonPositions(text, LineTable.of(text), _blank_end(text, 0))


@dataclass(frozen=True, slots=True)
class JsonPositions:
    """Looks a value up by walking down to it, and passes over what lies beside the way in the C scanner.

    Each object or array on the way to a value is looked through once, whole, so that threads may share this.
    """

    text: str
    table: LineTable
    start: int
    opened: dict[int, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """By the offset of the bracket: where each name (or item) stands, and where its value begins."""

    def find(self, tokens: list[str]) -> Position | None:
        """The position of the value the tokens lead to; None when there is no such value."""
        at = begins = self.start
        for token in tokens:
            held = self.opened.get(begins)
            if held is None:
                held = self.opened[begins] = {
                    name: (place, value) for name, place, value in _inside(self.text, begins)
                }
            if token not in held:
                return None
            at, begins = held[token]
        return self.table.position(at)


def _inside(text: str, begins: int) -> Iterator[tuple[str, int, int]]:
    """The name of each member (the number of each item), where it stands and where its value begins."""
    bracket = text[begins]
    if bracket not in "{[":
        return
    at, index = _blank_end(text, begins + 1), 0
    while text[at] not in "}]":
        name, value = str(index), at
        if bracket == "{":
            name, end = SCANNER.raw_decode(text, at)
            value = _blank_end(text, _blank_end(text, end) + 1)
        yield name, at, value
        at, index = _blank_end(text, _value_end(text, value)), index + 1
        if text[at] == ",":
            at = _blank_end(text, at + 1)


def _value_end(text: str, at: int) -> int:
    """The C scanner makes a value of no use, quicker than any look at its parts; but not of any depth."""
    try:
        return SCANNER.raw_decode(text, at)[1]
    except RecursionError:
        open_brackets = 0
        for match in TOKEN.finditer(text, at):
            open_brackets += (match[0] in ("{", "[")) - (match[0] in ("}", "]"))
            if not open_brackets:
                return match.end()
        return len(text)


def _blank_end(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found is not None else at


def _refuse_too_many_values(text: str, uri: str, limits: Limits) -> None:
    values = 0
    for match in TOKEN.finditer(text):
        if text[match.start()] in ",{[":
            values += 1
            if values > limits.nodes_max:
                problem = Problem(
                    "document.too_many_values",
                    f"The document holds more than {limits.nodes_max} values.",
                    "Split it into documents that refer to one another.",
                    uri,
                    position=LineTable.of(text).position(match.start()),
                )
                raise SpecError([problem])


def _name(lexeme: str) -> str:
    return str(json.loads(lexeme)) if "\\" in lexeme else lexeme[1:-1]


def _decoder(limits: Limits) -> json.JSONDecoder:
    digits_max = limits.integer_digits_max

    def integer(digits: str) -> int:
        if len(digits) > digits_max:
            raise _Refused("an integer has too many digits")
        return int(digits)

    def number(digits: str) -> float:
        value = float(digits)
        if math.isinf(value):
            raise _Refused("a number is too large")
        return value

    def constant(name: str) -> float:
        raise _Refused(f"{name} is not JSON")

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise _Refused("an object has a duplicate name")
        return result

    return json.JSONDecoder(
        object_pairs_hook=members, parse_int=integer, parse_float=number, parse_constant=constant
    )


def _syntax_problem(message: str, uri: str, position: Position) -> Problem:
    return Problem(
        "json.syntax",
        f"This is not JSON: {message}.",
        "Correct the text here; RFC 8259 allows no comments, trailing commas or single quotes.",
        uri,
        position=position,
    )


def _unplaced(message: str, uri: str) -> Problem:
    return Problem("json.refused", f"This JSON is refused: {message}.", "Correct the document.", uri)


def _too_deep(text: str, uri: str, limits: Limits) -> Problem:
    depth, at = 0, 0
    for match in TOKEN.finditer(text):
        at = match.start()
        if text[at] in "{[":
            depth += 1
            if depth > limits.depth_max:
                break
        elif text[at] in "}]":
            depth -= 1
    return Problem(
        "document.too_deep",
        f"Values are nested deeper than {limits.depth_max} levels.",
        "Move nested parts into named definitions and refer to them with $ref.",
        uri,
        position=LineTable.of(text).position(at),
    )


def _refusals(text: str, uri: str, limits: Limits) -> list[Problem]:
    """Scan once more, slowly, for each thing the decoder refused and where it stands."""
    lines = LineTable.of(text)
    problems: list[Problem] = []
    names: list[set[str] | None] = []
    awaits_key = False
    for match in TOKEN.finditer(text):
        at, lexeme = match.start(), match.group()
        problem: Problem | None = None
        if lexeme == ",":
            awaits_key = bool(names) and names[-1] is not None
        elif lexeme in ("{", "["):
            names.append(set() if lexeme == "{" else None)
            awaits_key = lexeme == "{"
        elif lexeme in ("}", "]"):
            if names:
                names.pop()
            awaits_key = False
        elif lexeme[0] == '"':
            if awaits_key and names and names[-1] is not None:
                problem = _duplicate(lexeme, names[-1], uri, lines.position(at))
            awaits_key = False
        else:
            problem = _number_problem(lexeme, uri, lines.position(at), limits)
        if problem is not None:
            problems.append(problem)
            if len(problems) >= limits.problems_max:
                break
    return problems


def _duplicate(lexeme: str, seen: set[str], uri: str, position: Position) -> Problem | None:
    try:
        name = _name(lexeme)
    except ValueError:
        return None  # beyond the refused place the text need not be JSON at all
    if name not in seen:
        seen.add(name)
        return None
    return Problem(
        "json.duplicate_key",
        f"The name {name!r} stands twice in one object.",
        "Remove or rename one of them; readers differ in which one they keep.",
        uri,
        position=position,
    )


def _number_problem(lexeme: str, uri: str, position: Position, limits: Limits) -> Problem | None:
    shown = lexeme if len(lexeme) <= 40 else lexeme[:40] + "…"
    if lexeme.lstrip("-") in ("NaN", "Infinity"):
        return Problem(
            "json.not_a_number", f"{shown} is not JSON.", "Write a number or null.", uri, position=position
        )
    if NUMBER.fullmatch(lexeme) is None:
        return None
    if not any(sign in lexeme for sign in ".eE"):
        outside = len(lexeme) > limits.integer_digits_max
    else:
        outside = math.isinf(float(lexeme))
    if not outside:
        return None
    return Problem(
        "json.number_range",
        f"The number {shown} is beyond what a double can hold.",
        "Use a smaller number, or a string.",
        uri,
        position=position,
    )
