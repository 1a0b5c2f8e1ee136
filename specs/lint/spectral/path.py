"""Spectral's JSONPath (the dialect of its library nimma) to segments.

Supported: ``$``, ``.name``, ``['name']``, unquoted names in brackets, ``*``, indexes, slices, unions,
``..``, filters ``[?(...)]``, parents ``^``, and keys ``~`` at the end. Everything else is ``Unsupported``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from specs.config import LIMITS
from specs.lint.spectral.expression import Expression, Reader, Unsupported, parse_expression, unquoted

NAME = re.compile(r"[^.\[\]^~()@?'\"\s][^.\[\]^~()'\"\s]*")
SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?(?=\])")
INDEX = re.compile(r"\s*(-?\d+)\s*(?=[,\]])")
QUOTED = re.compile(r"\s*('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*(?=[,\]])")
BARE = re.compile(r"\s*([^\s,'\"\[\]()?:@*][^,'\"\[\]()]*?)\s*(?=[,\]])")
LAST = re.compile(r"\s*\(\s*@\.length\s*-\s*(\d+)\s*\)\s*(?=\])")


@dataclass(frozen=True, slots=True)
class Name:
    """A member by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Every:
    """Each member or item."""


@dataclass(frozen=True, slots=True)
class Index:
    """An item by its number, from the end when negative."""

    number: int


@dataclass(frozen=True, slots=True)
class Range:
    """Items as Python's slices."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Each member or item for which the expression is true."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class Step:
    """Children by any of the selectors; with ``descends`` also children of all that lies below."""

    selectors: tuple[Name | Every | Index | Range | Filter, ...]
    descends: bool


@dataclass(frozen=True, slots=True)
class Parent:
    """One level up."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """``gives_keys``: names instead of values (``~``)."""

    text: str
    segments: tuple[Step | Parent, ...]
    gives_keys: bool


def parse_path(text: str) -> JsonPath:
    """The path; ``Unsupported`` says what of it is not, and where."""
    if len(text) > LIMITS.path_expression_characters_max:
        raise Unsupported(f"a path of more than {LIMITS.path_expression_characters_max} characters", 0)
    if not text.startswith("$"):
        raise Unsupported("a path that does not begin with $", 0)
    reader = Reader(text, 1)
    segments: list[Step | Parent] = []
    while reader.at < len(text):
        if text[reader.at] == "~":
            if reader.at != len(text) - 1:
                raise Unsupported("~ before the end", reader.at)
            return JsonPath(text, tuple(segments), gives_keys=True)
        if text[reader.at] == "^":
            segments.append(Parent())
            reader.at += 1
        else:
            segments.append(_step(reader))
    return JsonPath(text, tuple(segments), gives_keys=False)


def _step(reader: Reader) -> Step:
    text, start = reader.text, reader.at
    descends = text.startswith("..", start)
    dotted = text[start] == "."
    reader.at += 2 if descends else 1 if dotted else 0
    if text.startswith("[", reader.at):
        reader.at += 1
        return Step(_selectors(reader), descends)
    if dotted and text.startswith("*", reader.at):
        reader.at += 1
        return Step((Every(),), descends)
    name = NAME.match(text, reader.at) if dotted else None
    if name is None:
        raise Unsupported(f"{text[start : start + 12]!r}", start)
    reader.at = name.end()
    return Step((Name(name[0]),), descends)


def _selectors(reader: Reader) -> tuple[Name | Every | Index | Range | Filter, ...]:
    text = reader.text
    if (found := re.compile(r"\s*\?").match(text, reader.at)) is not None:
        reader.at = found.end()
        expression = parse_expression(reader)
        reader.expect("]")
        return (Filter(expression),)
    if (found := SLICE.match(text, reader.at)) is not None:
        reader.at = found.end() + 1
        return (Range(*(int(part) if part else None for part in found.groups())),)
    if (found := LAST.match(text, reader.at)) is not None:
        reader.at = found.end() + 1
        return (Index(-int(found[1])),)
    listed: list[Name | Every | Index | Range | Filter] = []
    while True:
        listed.append(_selector(reader))
        if text.startswith("]", reader.at):
            reader.at += 1
            return tuple(listed)
        if not text.startswith(",", reader.at):
            raise Unsupported(f"{text[reader.at : reader.at + 12]!r} in brackets", reader.at)
        reader.at += 1


def _selector(reader: Reader) -> Name | Every | Index:
    text = reader.text
    found = re.compile(r"\s*\*\s*(?=[,\]])").match(text, reader.at)
    if found is not None:
        reader.at = found.end()
        return Every()
    for pattern, made in ((INDEX, _index), (QUOTED, _quoted), (BARE, Name)):
        found = pattern.match(text, reader.at)
        if found is not None:
            reader.at = found.end()
            return made(found[1])
    raise Unsupported(f"{text[reader.at : reader.at + 12]!r} in brackets", reader.at)


def _index(text: str) -> Index:
    return Index(int(text))


def _quoted(text: str) -> Name:
    return Name(unquoted(text))
