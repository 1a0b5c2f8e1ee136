"""An example changed, came or went.

Examples restrict nothing; people copy them, and mock servers answer with them. A promise of the level `docs`
only (policy `words_changed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.documentation import words_changed

MIRROR = "itself: examples are read the same way in both directions"
PROMISE = "docs"


def check(change: ContractChange) -> Iterator[Draft]:
    yield from words_changed(change, "example-changed", ("example", "examples"), "the {}")
