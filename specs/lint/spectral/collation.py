"""The order of texts that ``alphabetical`` asks for: JavaScript's ``localeCompare`` in the root locale.

The Unicode collation algorithm for what names in contracts are made of: punctuation before digits before
letters, case only when all else is equal, then small before large. Other scripts go by code point.
"""

from __future__ import annotations

import unicodedata
from typing import Any

PUNCTUATION = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"


def is_after(first: Any, second: Any) -> bool:
    """Whether the two are out of order; numbers and texts that are numbers compare as numbers."""
    one, two = _number(first), _number(second)
    if two is not None and (one is None or not isinstance(first, str)):
        return one is not None and one > two
    if not (isinstance(first, str) and isinstance(second, str)):
        return False
    return _key(first) > _key(second)


def _number(value: Any) -> float | None:
    if not isinstance(value, str):
        return float(value)
    try:
        return float(value.strip() or 0)
    except ValueError:
        return None


def _key(text: str) -> tuple[list[tuple[int, int]], list[int], list[bool]]:
    parts = unicodedata.normalize("NFD", text)
    base = [part for part in parts if not unicodedata.combining(part)]
    marks = [ord(part) for part in parts if unicodedata.combining(part)]
    return [_rank(part) for part in base], marks, [part.isupper() for part in base]


def _rank(character: str) -> tuple[int, int]:
    if character.isspace():
        return 0, ord(character)
    if character in PUNCTUATION:
        return 1, PUNCTUATION.index(character)
    if character.isdigit():
        return 2, ord(character)
    return 3, ord(character.lower()[0])
