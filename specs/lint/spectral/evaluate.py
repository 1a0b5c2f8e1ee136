"""What a filter says of one place. Where JavaScript would throw, as at a member of null, it says no."""

from __future__ import annotations

from typing import Any

from specs.lint.spectral.expression import Expression
from specs.lint.spectral.match import Match
from specs.lint.spectral.values import UNDEFINED, as_value, followed, matches, truthy
from specs.model import Node

NUMBERS = (int, float)


class Thrown(Exception):
    """JavaScript's TypeError."""


def holds(expression: Expression, match: Match, *, follows: bool) -> bool:
    """Whether the filter lets the place pass."""
    try:
        return truthy(_Evaluation(match, follows).value(expression))
    except (Thrown, RecursionError):
        return False


class _Evaluation:
    def __init__(self, match: Match, follows: bool) -> None:
        self.match = match
        self.follows = follows

    def value(self, expression: Expression) -> Any:
        kind = expression[0]
        if kind == "constant":
            return expression[1]
        if kind == "binary":
            return self.binary(*expression[1:])
        if kind == "place":
            return self.place(expression[1])
        if kind == "member":
            return self.member(self.value(expression[1]), self.value(expression[2]))
        if kind == "call":
            return self.call(expression[1], self.value(expression[2]), expression[2], expression[3])
        if kind == "not":
            return not truthy(self.value(expression[1]))
        if kind == "array":
            return tuple(self.value(item) for item in expression[1])
        if kind == "minus":
            number = self.value(expression[1])
            return -number if isinstance(number, NUMBERS) else UNDEFINED
        if kind == "typeof":
            return _type_of(self.value(expression[1]))
        return UNDEFINED if kind == "undefined" else expression

    def place(self, name: str) -> Any:
        match = self.match
        if name == "@":
            return as_value(match.node)
        if name == "@property":
            return UNDEFINED if match.name is None else match.name
        if name == "@root":
            return as_value(match.node.contract.root)
        parent = match.parent
        return UNDEFINED if parent is None or parent.name is None else parent.name

    def binary(self, operator: str, left: Expression, right: Expression) -> Any:
        first = self.value(left)
        if operator == "&&":
            return self.value(right) if truthy(first) else first
        if operator == "||":
            return first if truthy(first) else self.value(right)
        second = self.value(right)
        if operator in ("==", "==="):
            return _equal(first, second, loosely=operator == "==")
        if operator in ("!=", "!=="):
            return not _equal(first, second, loosely=operator == "!=")
        if operator in ("=~", "~="):
            return _is_matched(second, first)
        if operator == "in":
            return _is_in(first, second)
        return _compared(operator, first, second)

    def member(self, base: Any, name: Any) -> Any:
        if base is UNDEFINED or base is None:
            raise Thrown
        if name == "length" and isinstance(base, str | tuple):
            return len(base)
        if name == "constructor":
            return {"name": _constructor(base)}
        if isinstance(base, dict):
            return base.get(name, UNDEFINED)
        if not isinstance(base, Node):
            return UNDEFINED
        if name == "length" and isinstance(base.value, list):
            return len(base.value)
        child = base.child(str(name))
        return UNDEFINED if child is None else as_value(followed(child) if self.follows else child)

    def call(self, name: str, base: Any, written: Expression, arguments: tuple[Expression, ...]) -> Any:
        given = [self.value(argument) for argument in arguments]
        first = given[0] if given else UNDEFINED
        if name == "test":
            return written[0] == "regex" and _is_matched(written, first)
        items: Any = base if isinstance(base, tuple) else None
        if isinstance(base, Node) and isinstance(base.value, list):
            items = tuple(as_value(item) for _, item in base.items())
        if items is not None and name in ("includes", "indexOf"):
            at = next((n for n, item in enumerate(items) if _equal(item, first, loosely=False)), -1)
            return at >= 0 if name == "includes" else at
        if not isinstance(base, str):
            raise Thrown
        if name == "match":
            return _is_matched(first, base)
        text = first if isinstance(first, str) else str(first)
        return {
            "includes": text in base,
            "indexOf": base.find(text),
            "startsWith": base.startswith(text),
            "endsWith": base.endswith(text),
            "toLowerCase": base.lower(),
            "toUpperCase": base.upper(),
            "trim": base.strip(),
        }[name]


def _is_matched(regex: Any, text: Any) -> bool:
    if isinstance(text, bool | int | float):
        text = str(text).lower()
    if not isinstance(text, str):
        return False
    if isinstance(regex, tuple) and regex and regex[0] == "regex":
        return matches(regex[1], regex[2], text)
    return isinstance(regex, str) and matches(regex, "", text)


def _equal(first: Any, second: Any, *, loosely: bool) -> bool:
    """ECMA-262 sections 7.2.14 and 7.2.15; objects are equal only to themselves."""
    if isinstance(first, Node) or isinstance(second, Node):
        return isinstance(first, Node) and isinstance(second, Node) and (_place(first) == _place(second))
    if loosely and (first is UNDEFINED or first is None or second is UNDEFINED or second is None):
        return (first is UNDEFINED or first is None) and (second is UNDEFINED or second is None)
    if _type_of(first) != _type_of(second):
        return loosely and _number(first) is not None and _number(first) == _number(second)
    return bool(first == second)


def _place(node: Node) -> tuple[str, str]:
    return node.document.uri, node.pointer


def _compared(operator: str, first: Any, second: Any) -> bool:
    if not (isinstance(first, str) and isinstance(second, str)):
        first, second = _number(first), _number(second)
        if first is None or second is None:
            return False
    return bool(
        {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[operator]
    )


def _number(value: Any) -> float | None:
    if isinstance(value, bool | int | float):
        return float(value)
    if value is None:
        return 0.0
    try:
        return float(value.strip() or 0) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_in(name: Any, container: Any) -> bool:
    """``'a' in object``; of a list literal its items, as nimma reads it."""
    if isinstance(container, tuple):
        return any(_equal(item, name, loosely=False) for item in container)
    if isinstance(container, Node):
        return container.child(str(name)) is not None
    raise Thrown


def _type_of(value: Any) -> str:
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, NUMBERS):
        return "number"
    return "string" if isinstance(value, str) else "object"


def _constructor(value: Any) -> str:
    if isinstance(value, Node):
        return "Array" if isinstance(value.value, list) else "Object"
    if isinstance(value, tuple):
        return "Array"
    return {"boolean": "Boolean", "number": "Number", "string": "String"}.get(_type_of(value), "Object")
