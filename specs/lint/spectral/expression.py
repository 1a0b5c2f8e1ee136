"""Filter expressions of Spectral's JSONPath: the part of JavaScript that has no side effects.

``@.in === 'query' && @property.match(/^x-/)``. What is outside the grammar is refused when the ruleset is
read; nothing is guessed. An expression is parsed once to nested tuples ``(kind, ...)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from specs.config import LIMITS

Expression = tuple[Any, ...]

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+(?:\.\d+)?)
    | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<name>@(?:[A-Za-z]\w*)?|[A-Za-z_$][\w$]*)
    | (?P<operator>===|!==|==|!=|<=|>=|=~|~=|&&|\|\||[<>!()\[\].,\-])
    )""",
    re.VERBOSE,
)
REGEX = re.compile(r"\s*/((?:[^/\\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)/([a-z]*)")
PLACES = frozenset({"@", "@property", "@parentProperty", "@root"})
"""Not ``@parent``: Spectral's two engines read it as two different places."""
CONSTANTS = {"true": True, "false": False, "null": None}
METHODS = frozenset(
    {"match", "test", "includes", "indexOf", "startsWith", "endsWith", "toLowerCase", "toUpperCase", "trim"}
)
COMPARISONS = (
    ("||",),
    ("&&",),
    ("===", "!==", "==", "!="),
    ("<=", ">=", "<", ">", "in", "=~", "~="),
)


class Unsupported(Exception):
    """What the grammar does not have; ``at`` counts characters of the whole path from 0."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.what = what
        self.at = at


@dataclass(slots=True)
class Reader:
    """Where in ``text`` the reading stands."""

    text: str
    at: int
    depth: int = 0

    def peek(self) -> str:
        """The next name or operator, "" for anything else."""
        found = TOKEN.match(self.text, self.at)
        return (found["operator"] or found["name"] or "") if found else ""

    def accept(self, *words: str) -> str:
        """The next word if it is one of these, else ""."""
        word = self.peek()
        if word and word in words:
            found = TOKEN.match(self.text, self.at)
            self.at = found.end() if found else self.at
            return word
        return ""

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise Unsupported(f"{word!r} is missing", self.at)


def parse_expression(reader: Reader, level: int = 0) -> Expression:
    """The expression at the reader, up to what does not belong to it; ``Unsupported`` when it is not one."""
    if level == len(COMPARISONS):
        return _unary(reader)
    left = parse_expression(reader, level + 1)
    while operator := reader.accept(*COMPARISONS[level]):
        left = ("binary", operator, left, parse_expression(reader, level + 1))
    return left


def _unary(reader: Reader) -> Expression:
    reader.depth += 1
    if reader.depth > LIMITS.filter_depth_max:
        raise Unsupported(f"a filter nested deeper than {LIMITS.filter_depth_max}", reader.at)
    try:
        if reader.accept("!"):
            return ("not", _unary(reader))
        if reader.accept("-"):
            return ("minus", _unary(reader))
        if reader.accept("void"):
            _unary(reader)
            return ("undefined",)
        if reader.accept("typeof"):
            return ("typeof", _unary(reader))
        return _postfix(reader, _primary(reader))
    finally:
        reader.depth -= 1


def _primary(reader: Reader) -> Expression:
    start = reader.at
    if reader.accept("("):
        inner = parse_expression(reader)
        reader.expect(")")
        return inner
    if reader.accept("["):
        return ("array", _listed(reader, "]"))
    regex = REGEX.match(reader.text, reader.at)
    if regex is not None:
        reader.at = regex.end()
        return ("regex", regex[1], regex[2])
    found = TOKEN.match(reader.text, reader.at)
    if found is None or found["operator"]:
        raise Unsupported(f"{reader.text[start : start + 12]!r} in a filter", start)
    reader.at = found.end()
    if found["number"]:
        return ("constant", float(found["number"]) if "." in found["number"] else int(found["number"]))
    if found["text"]:
        return ("constant", unquoted(found["text"]))
    name = found["name"]
    if name in CONSTANTS:
        return ("constant", CONSTANTS[name])
    if name == "undefined":
        return ("undefined",)
    if name in PLACES:
        return ("place", name)
    raise Unsupported(f"{name!r} in a filter", start)


def _postfix(reader: Reader, base: Expression) -> Expression:
    while word := reader.accept(".", "["):
        if word == "[":
            base = ("member", base, parse_expression(reader))
            reader.expect("]")
            continue
        start = reader.at
        found = TOKEN.match(reader.text, reader.at)
        if found is None or not found["name"]:
            raise Unsupported("a dot without a name in a filter", start)
        reader.at = found.end()
        if reader.accept("("):
            if found["name"] not in METHODS:
                raise Unsupported(f"the method {found['name']!r} in a filter", start)
            base = ("call", found["name"], base, _listed(reader, ")"))
        else:
            base = ("member", base, ("constant", found["name"]))
    return base


def _listed(reader: Reader, end: str) -> tuple[Expression, ...]:
    items: list[Expression] = []
    while not reader.accept(end):
        if items:
            reader.expect(",")
        items.append(parse_expression(reader))
    return tuple(items)


def unquoted(text: str) -> str:
    """A quoted text without quotes and escapes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])
