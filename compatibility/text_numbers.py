"""The texts of numbers: a pattern where a schema bounds them little, a list where there are few."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from compatibility.containment.evaluate import Evaluator
from compatibility.containment.terms import FALSE, Term, Terms

DIGITS_MAX = 20
LISTED_MAX = 300
"""Ranges of so many integers are written out."""
DIGITS, FRACTION, POWER = "(0|[1-9][0-9]*)", "(\\.[0-9]+)?", "([eE][+-]?[0-9]+)?"
READ_INTEGER = "^-?[0-9]+$"
READ_NUMBER = f"^-?[0-9]+{FRACTION}{POWER}$"


def number_texts(terms: Terms, term: Term, *, sending: bool) -> int:
    """The texts of the numbers of a schema: at least those that writers write, at most those readers take."""
    numbers = replace(term, types=frozenset(("number",)))
    listed = few(terms, numbers)
    if listed is not None:
        return terms.finite(tuple(str(value) for value in listed))
    if sending:
        return terms.text(sent_pattern(term))
    digits = digits_taken(term)
    if digits is not None:
        return terms.text(digits)
    if (term.upper, term.multiple_of) != (None, None) or (term.lower is not None and term.lower.at > 0):
        return FALSE
    if term.lower is None:
        return terms.text(READ_INTEGER if term.integer else READ_NUMBER)
    if term.lower.at < 0 or term.lower.exclusive:
        return FALSE
    return terms.text((READ_INTEGER if term.integer else READ_NUMBER).replace("-?", "", 1))


def digits_taken(term: Term) -> str | None:
    """The texts of the integers from 0 or 1 up to so many nines, of which a range surely takes all."""
    if not term.integer or term.multiple_of is not None or term.lower is None or term.upper is None:
        return None
    low = math.ceil(term.lower.at) + (term.lower.exclusive and term.lower.at.denominator == 1)
    high = math.floor(term.upper.at) - (term.upper.exclusive and term.upper.at.denominator == 1)
    digits = len(str(high + 1)) - 1 if high >= 9 else 0
    if low > 1 or digits == 0 or digits > DIGITS_MAX:
        return None
    positive = f"[1-9][0-9]{{0,{digits - 1}}}"
    return f"^{positive}$" if low == 1 else f"^(0|{positive})$"


def few(terms: Terms, term: Term) -> list[int] | None:
    """The integers of a narrow range; None when they are many or fractions take part."""
    if not term.integer or term.lower is None or term.upper is None:
        return None
    low, high = math.ceil(term.lower.at), math.floor(term.upper.at)
    if high - low > LISTED_MAX:
        return None
    number, evaluator = terms.intern(term), Evaluator(terms)
    return [value for value in range(low, high + 1) if evaluator.accepts(number, value) is not False]


def sent_pattern(term: Term) -> str:
    """The texts that numbers of a sign are written as; other bounds are left out."""
    least = term.lower.at if term.lower is not None else None
    positive = least is not None and (least >= 1 or (least == 0 and term.lower.exclusive))  # type: ignore[union-attr]
    signed = "-?" if least is None or least < Fraction(0) else ""
    if term.integer:
        more = "*"
        digits = len(str(math.floor(term.upper.at))) if term.upper is not None else DIGITS_MAX
        if not signed and digits < DIGITS_MAX and term.upper is not None and term.upper.at >= 1:
            more = f"{{0,{digits - 1}}}"
        return f"^[1-9][0-9]{more}$" if positive else f"^(0|{signed}[1-9][0-9]{more})$"
    return f"^{signed}{DIGITS}{FRACTION}{POWER}$"
