"""Reads an ECMA-262 pattern (the dialect of JSON Schema, 2020-12 core section 6.4) into a regular language.

What is not regular, or not read here (back references, look-around, `\\b`, `\\p{..}`), is refused with
UnreadPatternError, and the caller then claims nothing about the pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from compatibility.containment.regex import (
    ANYTHING,
    EMPTY,
    END,
    START,
    VOID,
    Ranges,
    Regex,
    alt,
    cat,
    inverted,
    letters,
    merged,
    repeat,
)

PATTERN_LENGTH_MAX = 2_000
REPEAT_MAX = 10_000
NESTING_MAX = 60

DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Ranges = (
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)
LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
CLASSES = {
    "d": merged(DIGIT),
    "w": merged(WORD),
    "s": merged(SPACE),
    "D": inverted(DIGIT),
    "W": inverted(WORD),
    "S": inverted(SPACE),
}
CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
LOOK_AROUND = {"=": "look-ahead", "!": "look-ahead", "<": "look-behind"}
NAMES = {"b": "a word boundary, \\b", "B": "a word boundary, \\B", "p": "a Unicode property, \\p"}
SYNTAX = "^$\\.*+?()[]{}|/"


class UnreadPatternError(ValueError):
    """The pattern is outside of what can be reasoned about."""


@lru_cache(maxsize=4_096)
def language(pattern: str) -> Regex:
    """The marked language of the strings in which the pattern is found (search, not full match)."""
    if len(pattern) > PATTERN_LENGTH_MAX:
        raise UnreadPatternError("the pattern is too long")
    reading = Reading(pattern)
    body, _ = reading.alternatives(0)
    if reading.at != len(pattern):
        raise UnreadPatternError("unbalanced )")
    return cat(ANYTHING, cat(body, ANYTHING))


@dataclass(slots=True)
class Reading:
    """A cursor on a pattern. Each part is (language, which of the anchors `^` and `$` occur in it)."""

    pattern: str
    at: int = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        letter = self.peek()
        if not letter:
            raise UnreadPatternError("the pattern ends too soon")
        self.at += 1
        return letter

    def alternatives(self, depth: int) -> tuple[Regex, str]:
        if depth > NESTING_MAX:
            raise UnreadPatternError("nested too deeply")
        found, anchors = self.sequence(depth)
        while self.peek() == "|":
            self.at += 1
            other, more = self.sequence(depth)
            found, anchors = alt(found, other), anchors + more
        return found, anchors

    def sequence(self, depth: int) -> tuple[Regex, str]:
        parts: list[Regex] = []
        anchors = ""
        while self.peek() not in ("", "|", ")"):
            part, more = self.atom(depth)
            quantified = self.quantifier()
            if quantified is not None:
                if more:
                    raise UnreadPatternError("a repeated anchor")
                part = repeat(part, *quantified)
            if more and ("$" in anchors or ("^" in more and "^" in anchors)):
                raise UnreadPatternError("anchors that depend on each other")
            anchors += more
            parts.append(part)
        found = EMPTY
        for part in reversed(parts):
            found = cat(part, found)
        return found, anchors

    def quantifier(self) -> tuple[int, int | None] | None:
        letter = self.peek()
        bounds: tuple[int, int | None] | None = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(letter)
        if bounds is not None:
            self.at += 1
        elif letter == "{":
            bounds = self.braces()
        if bounds is not None and self.peek() == "?":
            self.at += 1  # lazy or greedy: the same language
        if bounds is not None and self.peek() and self.peek() in "*+":
            raise UnreadPatternError("nothing to repeat")
        return bounds

    def braces(self) -> tuple[int, int | None]:
        close = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at + 1 : close].partition(",")
        if close < 0 or not low.isdigit() or (high and not high.isdigit()):
            raise UnreadPatternError("a brace that is no repetition")
        self.at = close + 1
        bounds = (int(low), int(low) if not comma else int(high) if high else None)
        if max(bounds[0], bounds[1] or 0) > REPEAT_MAX:
            raise UnreadPatternError("a repetition too long")
        return bounds

    def atom(self, depth: int) -> tuple[Regex, str]:
        letter = self.take()
        if letter == "^":
            return letters(((START, START),)), "^"
        if letter == "$":
            return letters(((END, END),)), "$"
        if letter == ".":
            return letters(inverted(LINE_ENDS)), ""
        if letter == "[":
            return letters(self.bracket()), ""
        if letter == "(":
            return self.group(depth)
        if letter == "\\":
            return letters(self.escape(inside=False)), ""
        if letter in "*+?{":
            raise UnreadPatternError("nothing to repeat")
        return letters(((ord(letter), ord(letter)),)), ""

    def group(self, depth: int) -> tuple[Regex, str]:
        if self.peek() == "?":
            self.at += 1
            kind = self.take()
            if kind == "<" and self.peek() not in ("=", "!"):
                self.at = self.pattern.find(">", self.at) + 1
                if self.at == 0:
                    raise UnreadPatternError("a group name without end")
            elif kind != ":":
                raise UnreadPatternError(LOOK_AROUND.get(kind, f"the group (?{kind}"))
        found = self.alternatives(depth + 1)
        if self.take() != ")":
            raise UnreadPatternError("a group without end")
        return found

    def bracket(self) -> Ranges:
        negative = self.peek() == "^"
        self.at += negative
        ranges: list[tuple[int, int]] = []
        while self.peek() != "]":
            low = self.member()
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member()
                if len(low) != 1 or len(high) != 1 or low[0][0] > high[0][0] or low[0][0] != low[0][1]:
                    raise UnreadPatternError("a range between classes")
                ranges.append((low[0][0], high[0][1]))
            else:
                ranges.extend(low)
        self.at += 1
        return inverted(tuple(ranges)) if negative else merged(tuple(ranges))

    def member(self) -> Ranges:
        letter = self.take()
        return self.escape(inside=True) if letter == "\\" else ((ord(letter), ord(letter)),)

    def escape(self, *, inside: bool) -> Ranges:
        letter = self.take()
        if letter in CLASSES:
            return CLASSES[letter]
        if letter in CONTROLS:
            return ((CONTROLS[letter], CONTROLS[letter]),)
        if letter == "b" and inside:
            return ((8, 8),)
        if letter == "0" and not self.peek().isdigit():
            return ((0, 0),)
        if letter == "c" and (control := self.peek()).isascii() and control.isalpha():
            self.at += 1
            return ((ord(control) & 31, ord(control) & 31),)
        if letter == "x":
            return self.code(2)
        if letter == "u":
            return self.code(4)
        if letter in SYNTAX or not letter.isalnum():
            return ((ord(letter), ord(letter)),)
        if letter in "123456789k":
            raise UnreadPatternError(f"a back reference, \\{letter}")
        raise UnreadPatternError(NAMES.get(letter, f"the escape \\{letter}"))

    def code(self, digits: int) -> Ranges:
        text = self.pattern[self.at : self.at + digits]
        try:
            point = int(text, 16)
        except ValueError as error:
            raise UnreadPatternError("a code that is no number") from error
        if len(text) != digits or 0xD800 <= point <= 0xDFFF:
            raise UnreadPatternError("half of a surrogate pair")
        self.at += digits
        return ((point, point),)


def literal(text: str) -> Regex:
    """The marked language of exactly one string."""
    found = letters(((END, END),))
    for letter in reversed(text):
        found = cat(letters(((ord(letter), ord(letter)),)), found)
    return cat(letters(((START, START),)), found)


__all__ = ["VOID", "UnreadPatternError", "language", "literal"]
