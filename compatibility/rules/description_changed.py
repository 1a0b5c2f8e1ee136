"""What people read of a place changed: its title, summary or description.

No program differs by it, so it is a promise of the level `docs` only (policy `words_changed`)."""

from __future__ import annotations

from collections.abc import Iterator

from compatibility.changes import ContractChange, Draft
from compatibility.documentation import words_changed

MIRROR = "itself: words are read the same way in both directions"
PROMISE = "docs"


def check(change: ContractChange) -> Iterator[Draft]:
    yield from words_changed(change, "description-changed", ("title", "summary", "description"), "the {}")
