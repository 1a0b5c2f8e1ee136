"""JSON values as mathematics: equality by JSON Schema 2020-12 section 4.2.2, numbers as exact rationals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

TYPES: tuple[str, ...] = ("null", "boolean", "number", "string", "array", "object")


def type_of(value: Any) -> str:
    """The JSON type of a parsed value; integers are numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal | Fraction):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def exact(number: Any) -> Fraction:
    """The rational a JSON number denotes: `0.1` is one tenth, not its nearest double."""
    if isinstance(number, float):
        return Fraction(Decimal(repr(number)))
    return Fraction(number)


def key(value: Any) -> Any:
    """A hashable key, equal exactly when two JSON values are equal (1 is 1.0, 1 is not true)."""
    kind = type_of(value)
    if kind == "number":
        return ("number", exact(value))
    if kind == "array":
        return ("array", tuple(key(item) for item in value))
    if kind == "object":
        return ("object", frozenset((name, key(member)) for name, member in value.items()))
    return (kind, value)


def as_json_number(number: Fraction) -> int | float | None:
    """The JSON number for a rational; None when no double denotes it exactly."""
    if number.denominator == 1:
        return number.numerator
    candidate = number.numerator / number.denominator
    return candidate if exact(candidate) == number else None


def larger(value: Any, most: int) -> bool:
    """Whether a value is of more than so many values, as `size` counts; parts it shares count each time."""
    left = most
    waiting = [value]
    while waiting and left >= 0:
        one = waiting.pop()
        left -= 1 + (len(one) // 8 if isinstance(one, str) else 0)
        if isinstance(one, dict | list):
            if len(one) > left:
                return True
            left -= len(one) if isinstance(one, dict) else 0
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return left < 0


def size(value: Any) -> int:
    """How many values a JSON value is made of; strings count by length, so that small means readable."""
    if isinstance(value, dict):
        return 1 + sum(1 + size(member) for member in value.values())
    if isinstance(value, list):
        return 1 + sum(size(item) for item in value)
    return 1 + len(value) // 8 if isinstance(value, str) else 1
