"""Is there a string with these lengths and patterns and none of these?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, product

from compatibility.containment.ecma import UnreadPatternError, language, literal
from compatibility.containment.evaluate import found
from compatibility.containment.formats import EXACT
from compatibility.containment.regex import ANYTHING, both, negated, shortest

LENGTH_MAX = 200_000
"""Longer strings are not made, and without a witness nothing is called breaking."""

FAMILIAR = {EXACT["date"]: r"^[12]\d{3}-"}
"""Which texts of a format to try first: RFC 3339 has the year 0000, and many a validator has not."""


@dataclass(slots=True)
class StringFacts:
    """A conjunction of constraints on one string; lengths count code points."""

    low: int = 0
    high: int | None = None
    patterns: list[str] = field(default_factory=list)
    not_patterns: list[str] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)

    def shorten(self, high: int) -> None:
        self.high = high if self.high is None else min(self.high, high)

    def admits(self, text: str) -> bool:
        """Whether one string surely satisfies all of them."""
        if len(text) < self.low or (self.high is not None and len(text) > self.high) or text in self.excluded:
            return False
        return all(found(one, text) is True for one in self.patterns) and all(
            found(one, text) is False for one in self.not_patterns
        )


def some_string(facts: StringFacts, states_max: int, spend: Callable[[int], None]) -> tuple[str | None, bool]:
    """(a string or None, whether that is certain). `spend` is told of each step."""
    if facts.high is not None and facts.low > facts.high:
        return None, True
    if set(facts.patterns) & set(facts.not_patterns):
        return None, True
    if not facts.patterns and not facts.not_patterns:
        return plain(facts), True
    parts, certain = [ANYTHING], True
    for pattern in facts.patterns:
        try:
            parts.append(language(pattern))
        except (UnreadPatternError, RecursionError):
            certain = False
    for pattern in facts.not_patterns:
        try:
            parts.append(negated(language(pattern)))
        except (UnreadPatternError, RecursionError):
            certain = False
    parts.extend(negated(literal(text)) for text in sorted(facts.excluded))
    familiar = [language(FAMILIAR[one]) for one in facts.patterns if one in FAMILIAR]
    try:
        text = shortest(both(*parts, *familiar), facts.low, facts.high, states_max, spend)
        if familiar and not isinstance(text, str):
            text = shortest(both(*parts), facts.low, facts.high, states_max, spend)
    except RecursionError:
        return None, False
    if isinstance(text, bool):
        return None, False
    return (text, True) if text is None else (text, certain)


def plain(facts: StringFacts) -> str | None:
    """A short readable string that only has to avoid finitely many others."""
    for text in readable(facts.low):
        if facts.high is not None and len(text) > facts.high:
            return None if facts.high == 0 else unusual(facts)
        if text not in facts.excluded:
            return text
    return None


def unusual(facts: StringFacts) -> str:
    """Short strings of a larger alphabet, for when the readable ones are all excluded."""
    tail = "a" * ((facts.high or 1) - 1)
    return next(text for point in count(0x4E00) if (text := chr(point) + tail) not in facts.excluded)


def readable(low: int) -> Iterator[str]:
    """Strings by length, from the shortest allowed; every length offers more than any list excludes."""
    for length in count(low):
        if length > 3:
            tail = "a" * (length - 3)
            yield from ("".join(head) + tail for head in product("abcdefghij", repeat=3))
        else:
            yield from ("".join(text) for text in product("abcdefghijklmnopqrstuvwxyz", repeat=length))
