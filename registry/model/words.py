"""Words of names and texts, the same for what is indexed, what is asked and what is highlighted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

RUN = re.compile(r"[^\W_]+")
PIECE = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
WORD_CHARS_MAX = 40
"""Longer words are known by their beginning."""
PREFIX_CHARS_MIN = 2
"""A single letter is looked up as a whole word: too much begins with it."""

Span = tuple[str, int, int]
"""A word in lower case, and where in the text it begins and ends (characters)."""


def spans_of(text: str) -> Iterator[Span]:
    """Each run of letters and digits, and its parts: ``billingPlan`` is ``billingplan, billing, plan``."""
    for run in RUN.finditer(text):
        begin = run.start()
        yield run[0].casefold()[:WORD_CHARS_MAX], begin, run.end()
        pieces = list(PIECE.finditer(run[0])) if run[0].isascii() else []
        if len(pieces) > 1:
            for piece in pieces:
                yield piece[0].casefold()[:WORD_CHARS_MAX], begin + piece.start(), begin + piece.end()


def parts_of(text: str) -> list[str]:
    """The smallest words of a text in their order: ``legalEntity-id`` is ``legal, entity, id``."""
    found: list[str] = []
    for run in RUN.findall(text):
        pieces = PIECE.findall(run) if run.isascii() else []
        found += [piece.casefold()[:WORD_CHARS_MAX] for piece in pieces or [run]]
    return found


def words_of(text: str) -> list[str]:
    """The words of a text, each once, in the order of their first place."""
    return list(dict.fromkeys(word for word, _, _ in spans_of(text)))


def asked_words(query: str, count: int) -> list[str]:
    """The first words of a query, each run as a whole; no character of it has any other meaning."""
    runs = (run[0].casefold()[:WORD_CHARS_MAX] for run in RUN.finditer(query))
    return list(dict.fromkeys(runs))[:count]


def begins(word: str, asked: str) -> bool:
    """Whether a word is found by what was asked."""
    return word == asked or (len(asked) >= PREFIX_CHARS_MIN and word.startswith(asked))


def highlights(text: str, asked: Sequence[str]) -> tuple[list[tuple[int, int]], set[str]]:
    """Where the text has what was asked (begin and end in characters, none overlapping), and which of it."""
    found: list[tuple[int, int]] = []
    met: set[str] = set()
    for word, begin, end in spans_of(text):
        matching = [one for one in asked if begins(word, one)]
        if not matching:
            continue
        met.update(matching)
        if not found or begin >= found[-1][1]:
            found.append((begin, min(end, begin + max(len(one) for one in matching))))
    return found, met
