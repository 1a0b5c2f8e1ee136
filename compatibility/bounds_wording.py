"""Bounds and types in the words of a reader: how many, how large, of which kind."""

from __future__ import annotations

from fractions import Fraction

from compatibility.containment.terms import Bound, Term

ARTICLES = {"array": "an array", "object": "an object", "null": "null", "boolean": "a boolean"}


def counted(low: int, high: int | None, unit: str) -> str:
    """`1 to 64 characters`, `at least 1 item`, `any number of members`."""
    if high is None:
        return f"at least {low} {plural(low, unit)}" if low else f"any number of {unit}s"
    if low == high:
        return f"exactly {low} {plural(low, unit)}"
    return f"{low} to {high} {unit}s" if low else f"at most {high} {plural(high, unit)}"


def plural(number: int, unit: str) -> str:
    return unit if number == 1 else f"{unit}s"


def listed_items(term: Term) -> str:
    """How many items a list has, and whether they differ."""
    return counted(term.min_items, term.max_items, "item") + (", all different" if term.unique else "")


def numbers(term: Term) -> str:
    """`at least 1 and below 10`, `a multiple of 5`, `any number`."""
    parts = []
    if term.lower is not None:
        parts.append(f"{'above' if term.lower.exclusive else 'at least'} {plain(term.lower)}")
    if term.upper is not None:
        parts.append(f"{'below' if term.upper.exclusive else 'at most'} {plain(term.upper)}")
    if term.multiple_of is not None:
        parts.append(f"a multiple of {decimal(term.multiple_of)}")
    return " and ".join(parts) or "any number"


def plain(bound: Bound) -> str:
    return decimal(bound.at)


def decimal(value: Fraction) -> str:
    """A number as it was written; a fraction that is no short decimal stays one."""
    if value.denominator == 1:
        return str(value.numerator)
    short = f"{value.numerator / value.denominator:.12g}"
    return short if Fraction(short) == value else str(value)


def kinds(term: Term) -> str:
    """`a string or null`, `an integer`, `anything`."""
    if term.types is None:
        return "anything"
    names = [
        ARTICLES.get(kind) or ("an integer" if kind == "number" and term.integer else f"a {kind}")
        for kind in sorted(term.types, key=lambda kind: (kind == "null", kind))
    ]
    return " or ".join(names) or "nothing"
