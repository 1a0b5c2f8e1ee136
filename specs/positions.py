"""Where each value of a document stands in its text.

JSON is looked through when a position is asked for, and no further than to that value (`json_text`). YAML
brings an index of a few bytes per value: values are numbered in document order (an object or array before
what it holds). ``ends[i]`` is the number after the last value inside ``i``, so the next sibling of ``i`` is
``ends[i]``; a look-up walks siblings and needs no tree. The position of an object's member is the position
of its name.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Protocol

from specs.problem import Position

MERGE_KEY = "<<"
PIECE_CHARACTERS = 32_768
"""Of a text, between two of which lines are counted once: a look-up counts in one of them."""


class Positions(Protocol):
    """What answers where the values of one text stand."""

    def find(self, tokens: list[str]) -> Position | None:
        """The position of the value the tokens lead to; None when there is no such value."""
        ...


@dataclass(frozen=True, slots=True)
class PositionIndex:
    """``lines`` and ``columns`` count from 0; ``keys[i]`` is the member's name, None for an array item."""

    lines: array[int] = field(default_factory=lambda: array("I"))
    columns: array[int] = field(default_factory=lambda: array("I"))
    ends: array[int] = field(default_factory=lambda: array("I"))
    keys: list[str | None] = field(default_factory=list)
    aliases: dict[int, int] = field(default_factory=dict)
    """YAML only: the number of an alias, and the number of the anchored value it stands for."""

    def open(self, line: int, column: int, key: str | None) -> int:
        """Number a value; ``close`` it once all it holds is numbered."""
        number = len(self.ends)
        self.lines.append(line)
        self.columns.append(column)
        self.keys.append(key)
        self.ends.append(number + 1)
        return number

    def close(self, number: int) -> None:
        self.ends[number] = len(self.keys)

    def find(self, tokens: list[str]) -> Position | None:
        """The position of the value the tokens lead to; None when there is no such value."""
        if not self.keys:
            return None
        number = 0
        for token in tokens:
            found = self._child(number, token, 0)
            if found is None:
                return None
            number = found
        return Position(self.lines[number] + 1, self.columns[number] + 1)

    def _child(self, parent: int, token: str, hops: int) -> int | None:
        parent = self.aliases.get(parent, parent)
        number, end, index = parent + 1, self.ends[parent], 0
        merged: list[int] = []
        while number < end:
            key = self.keys[number]
            if key == token or (key is None and str(index) == token):
                return number
            if key == MERGE_KEY:
                merged.append(number)
            number, index = self.ends[number], index + 1
        return self._merged_child(merged, token, hops + 1) if merged and hops < 100 else None

    def _merged_child(self, merged: list[int], token: str, hops: int) -> int | None:
        for number in merged:
            target = self.aliases.get(number, number)
            sources = [target]
            item = target + 1
            while item < self.ends[target] and self.keys[item] is None:
                sources.append(item)
                item = self.ends[item]
            for source in sources:
                found = self._child(source, token, hops)
                if found is not None:
                    return found
        return None


@dataclass(frozen=True, slots=True)
class LineTable:
    """Turns an offset in a text into a line and column: for each piece of the text what lies before it.

    ``lines`` counts the line ends before a piece; ``starts`` is where the line of its first character begins.
    """

    text: str
    lines: list[int]
    starts: list[int]

    @classmethod
    def of(cls, text: str) -> LineTable:
        lines, starts = [0], [0]
        for at in range(0, len(text), PIECE_CHARACTERS):
            lines.append(lines[-1] + text.count("\n", at, at + PIECE_CHARACTERS))
            starts.append(text.rfind("\n", at, at + PIECE_CHARACTERS) + 1 or starts[-1])
        return cls(text, lines, starts)

    def position(self, offset: int) -> Position:
        piece = offset // PIECE_CHARACTERS
        at = piece * PIECE_CHARACTERS
        start = self.text.rfind("\n", at, offset) + 1 or self.starts[piece]
        return Position(self.lines[piece] + self.text.count("\n", at, offset) + 1, offset - start + 1)
