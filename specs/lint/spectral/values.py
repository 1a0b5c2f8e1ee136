"""Values of a contract as Spectral's JavaScript sees them: objects and arrays stay places in the contract."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs

from specs.errors import SpecError
from specs.model import Node
from specs.pointers import MISSING

UNDEFINED: Final = MISSING
"""JavaScript's ``undefined``: what a member that is not there has for a value."""


class BadPattern(Exception):
    """A regular expression that no engine here can compile."""


def followed(node: Node) -> Node:
    """Where the reference at this place leads; the place itself when there is none, or it leads nowhere."""
    if not (isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str)):
        return node
    try:
        return node.resolved()
    except SpecError:
        return node  # data that looks like a reference; a broken one is a matter of validity


def as_value(node: Node) -> Any:
    """A scalar itself, an object or array as its place."""
    return node if isinstance(node.value, dict | list) else node.value


def plain(value: Any) -> Any:
    """The JSON value of a place, references as written; of a scalar itself."""
    return value.value if isinstance(value, Node) else value


def truthy(value: Any) -> bool:
    """ECMA-262 section 7.1.2: an empty object is true."""
    if value is UNDEFINED or value is None or value == "":
        return False
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return True


def shown(value: Any) -> str:
    """A value in a message: scalars as JSON, objects and arrays by their kind."""
    value = plain(value)
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, dict):
        return "Object{}"
    if isinstance(value, list):
        return "Array[]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else f"{value}"


FLAGS = frozenset("gimsuy")
QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
LITERAL = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)


def regex_of(written: str) -> tuple[str, str]:
    """Pattern and flags of a text that is a pattern, or ``/pattern/flags``."""
    found = LITERAL.fullmatch(written)
    return (found[1], found[2]) if found else (written, "")


def check_pattern(pattern: str, flags: str = "") -> None:
    """BadPattern when it cannot be compiled."""
    _compiled(pattern, flags)


def matches(pattern: str, flags: str, text: str) -> bool:
    """Whether the ECMA-262 pattern is found in the text; the engine gives up on runaway backtracking."""
    return bool(_compiled(pattern, flags).is_valid(text))


@lru_cache(maxsize=1_000)
def _compiled(pattern: str, flags: str) -> Any:
    if not set(flags) <= FLAGS:
        raise BadPattern(f"the flags {flags!r}")
    inline = "".join(flag for flag in "ims" if flag in flags)
    text = (f"(?{inline})" if inline else "") + _braces_escaped(pattern)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": text})
    except (jsonschema_rs.ValidationError, ValueError):
        raise BadPattern(f"the pattern {pattern[:100]!r}") from None


def _braces_escaped(pattern: str) -> str:
    """Braces that repeat nothing are literal in JavaScript (ECMA-262 annex B.1.2)."""
    made: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            hops = re.compile(r"\\(?:[pPu]\{[^}]*\}|.)", re.DOTALL).match(pattern, at)
            piece = hops[0] if hops else character
        elif character == "{" and not in_class:
            found = QUANTIFIER.match(pattern, at)
            piece = found[0] if found and at else r"\{"
            at += len(found[0]) if found and at else 1
            made.append(piece)
            continue
        else:
            in_class = character == "[" or (in_class and character != "]")
            piece = r"\}" if character == "}" and not in_class else character
        made.append(piece)
        at += len(piece) if piece != r"\}" else 1
    return "".join(made)
