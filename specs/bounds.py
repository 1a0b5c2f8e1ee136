"""The bounds of what was parsed: depth, number of values, length of names, and text that is no text."""

from __future__ import annotations

import math
import re
from typing import Any

from specs.config import LIMITS, Limits
from specs.document import Document
from specs.json_text import LONE_SURROGATE
from specs.problem import Position, Problem
from specs.walk import pointer_of_path

JSON_TYPES = frozenset({dict, list, str, int, float, bool, type(None)})
SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
NAME_CHARACTERS_SHOWN = 60


def text_problems(document: Document, text: str, limits: Limits) -> list[Problem]:
    """What a parsed document has beyond the limits, and lone surrogates if its text can have made any."""
    problems = value_problems(document, limits)
    if not problems and SURROGATE_ESCAPE.search(text):
        problems = _surrogate_problems(document)
    return problems


def value_problems(document: Document, limits: Limits) -> list[Problem]:
    """Depth, number and names of values; level by level, so that no depth can exhaust the stack."""
    values: list[Any] = [document.value]
    nodes = depth = 0
    while values:
        nodes += len(values)
        if depth > limits.depth_max:
            pointer, position = _deepest(document, limits.depth_max)
            return [_too_deep(document.uri, pointer, position, limits)]
        if nodes > limits.nodes_max:
            return [_too_many(document.uri, limits)]
        deeper: list[Any] = []
        for value in values:
            if type(value) is dict:
                if max(map(len, value), default=0) > limits.name_characters_max:
                    return [_name_too_long(document, limits)]
                deeper.extend(value.values())
            elif type(value) is list:
                deeper.extend(value)
        values = [value for value in deeper if type(value) is dict or type(value) is list]
        nodes += len(deeper) - len(values)
        depth += 1
    return []


def foreign_problems(document: Document) -> list[Problem]:
    """What other parsers may hand over and JSON does not have: other names, other types, NaN."""
    stack: list[tuple[Any, tuple[Any, ...]]] = [(document.value, ())]
    problems: list[Problem] = []
    while stack and len(problems) < LIMITS.problems_max:
        value, path = stack.pop()
        kind = type(value)
        good = kind in JSON_TYPES
        if kind is dict:
            good = all(type(name) is str for name in value)
            stack.extend((member, (path, name)) for name, member in value.items())
        elif kind is list:
            stack.extend((member, (path, index)) for index, member in enumerate(value))
        elif kind is float:
            good = math.isfinite(value)
        if not good:
            problems.append(_foreign(document.uri, pointer_of_path(path), value))
    return problems


def _surrogate_problems(document: Document) -> list[Problem]:
    stack: list[tuple[Any, tuple[Any, ...]]] = [(document.value, ())]
    problems: list[Problem] = []
    while stack:
        value, path = stack.pop()
        if isinstance(value, dict):
            bad = any(LONE_SURROGATE.search(name) for name in value)
            stack.extend((member, (path, name)) for name, member in value.items())
        elif isinstance(value, list):
            bad = False
            stack.extend((member, (path, index)) for index, member in enumerate(value))
        else:
            bad = isinstance(value, str) and LONE_SURROGATE.search(value) is not None
        if bad:
            pointer = pointer_of_path(path).encode("utf-8", "replace").decode()
            problems.append(_lone_surrogate(document, pointer))
    return problems


def _deepest(document: Document, depth: int) -> tuple[str, Position | None]:
    """The first place that is deeper than allowed."""
    stack: list[tuple[Any, tuple[Any, ...], int]] = [(document.value, (), 0)]
    while stack:
        value, path, level = stack.pop()
        if level > depth:
            pointer = pointer_of_path(path)
            return pointer, document.position(pointer)
        members = value.items() if isinstance(value, dict) else enumerate(value)
        stack.extend(
            (member, (path, name), level + 1) for name, member in members if isinstance(member, dict | list)
        )
    return "", None


def _name_too_long(document: Document, limits: Limits) -> Problem:
    stack: list[tuple[Any, tuple[Any, ...]]] = [(document.value, ())]
    while True:
        value, path = stack.pop()
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            if isinstance(name, str) and len(name) > limits.name_characters_max:
                pointer = pointer_of_path(path)
                return Problem(
                    "document.name_too_long",
                    f"The name {name[:NAME_CHARACTERS_SHOWN]}... has {len(name)} characters;"
                    f" at most {limits.name_characters_max} are read.",
                    "Shorten it.",
                    document.uri,
                    pointer,
                    document.position(pointer),
                )
            if isinstance(member, dict | list):
                stack.append((member, (path, name)))


def _too_deep(uri: str, pointer: str, position: Position | None, limits: Limits) -> Problem:
    return Problem(
        "document.too_deep",
        f"Values are nested deeper than {limits.depth_max} levels.",
        "Move nested parts into named definitions and refer to them with $ref.",
        uri,
        pointer,
        position,
    )


def _too_many(uri: str, limits: Limits) -> Problem:
    return Problem(
        "document.too_many_values",
        f"The document holds more than {limits.nodes_max} values.",
        "Split it into documents that refer to one another.",
        uri,
    )


def _foreign(uri: str, pointer: str, value: object) -> Problem:
    return Problem(
        "document.not_json",
        f"A value of the type {type(value).__name__} here is no JSON, or has a name that is no string.",
        "Give values as a JSON parser does.",
        uri,
        pointer,
    )


def _lone_surrogate(document: Document, pointer: str) -> Problem:
    return Problem(
        "json.lone_surrogate",
        "A string holds half of a surrogate pair, which is no character.",
        "Write the character itself, or both halves.",
        document.uri,
        pointer,
        document.position(pointer),
    )
