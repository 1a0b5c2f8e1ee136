"""Tells a text that is no regular expression from one that is only not read here.

Refused is what no dialect of regular expressions reads: a bracket without its partner, a repetition of
nothing, a range the wrong way round, a backslash at the end (ECMA-262 section 22.2.1 and annex B.1.2). What
other dialects than ECMA-262 read, as `(?i)` or `a++`, is common in contracts; it is not refused, and nothing
is concluded from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

BRACES = re.compile(r"\{(\d+)(,(\d*))?\}")


def fault_of(pattern: str) -> str:
    """What makes a text no pattern; "" when it is one, read here or not."""
    return Scan(pattern).fault()


@dataclass(slots=True)
class Scan:
    """One walk over a pattern, in linear time."""

    pattern: str
    at: int = 0
    opened: int = 0
    repeatable: bool = False
    faults: list[str] = field(default_factory=list)

    def fault(self) -> str:
        while self.at < len(self.pattern) and not self.faults:
            self.step(self.pattern[self.at])
        if not self.faults and self.opened:
            self.faults.append("a ( without its )")
        return self.faults[0] if self.faults else ""

    def step(self, letter: str) -> None:
        if letter == "\\":
            self.escape()
        elif letter == "[":
            self.bracket()
        elif letter == "(":
            self.opened += 1
            self.at += 2 if self.pattern[self.at + 1 : self.at + 2] == "?" else 1
            self.repeatable = False
        elif letter == ")":
            self.opened -= 1
            self.at += 1
            self.repeatable = True
            if self.opened < 0:
                self.faults.append("a ) without its (")
        elif letter in "*+?":
            self.repetition(1)
        elif letter == "{" and (braces := BRACES.match(self.pattern, self.at)):
            low, _, high = braces.groups()
            if high and int(low) > int(high):
                self.faults.append(f"a repetition the wrong way round, {braces.group()}")
            self.repetition(len(braces.group()))
        else:
            self.at += 1
            self.repeatable = letter not in "|^"

    def escape(self) -> None:
        if self.at + 1 == len(self.pattern):
            self.faults.append("a backslash at the end")
        self.at += 2
        self.repeatable = True

    def repetition(self, length: int) -> None:
        if not self.repeatable:
            self.faults.append(f"nothing to repeat before {self.pattern[self.at : self.at + length]}")
        self.at += length
        if self.pattern[self.at : self.at + 1] in ("?", "+"):
            self.at += 1

    def bracket(self) -> None:
        """A class of characters; a `]` right behind its start closes it, as ECMA-262 has it."""
        at = self.at + (2 if self.pattern[self.at + 1 : self.at + 2] == "^" else 1)
        last = ""
        while at < len(self.pattern) and self.pattern[at] != "]":
            letter = self.pattern[at]
            if letter == "\\":
                last, at = "", at + 2
                continue
            following = self.pattern[at + 1 : at + 2]
            if letter == "-" and last and following not in ("", "]", "\\", "[") and following < last:
                self.faults.append(f"a range the wrong way round, {last}-{following}")
            last, at = "" if letter == "-" else letter, at + 1
        if at >= len(self.pattern):
            self.faults.append("a [ without its ]")
        self.at = at + 1
        self.repeatable = True


__all__ = ["fault_of"]
