"""An inclusion proof step by step: which entries each hash stands for, and what it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.audit.tree import node_hash, split


@dataclass(frozen=True, slots=True)
class Step:
    """``sibling`` over entries ``first`` to ``last`` is joined on its side; ``result`` is over all so far."""

    side: str
    sibling: bytes
    first: int
    last: int
    result: bytes
    covers_first: int
    covers_last: int


def steps_of(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> tuple[Step, ...]:
    """From the entry up to the root (RFC 9162 section 2.1.3); the last result is the root."""
    ranges = []
    first, end = 0, size
    while end - first > 1:
        middle = first + split(end - first)
        if index < middle:
            ranges.append(("right", middle, end - 1, first, end - 1))
            end = middle
        else:
            ranges.append(("left", first, middle - 1, first, end - 1))
            first = middle
    digest, found = leaf, []
    for (side, start, last, covers_first, covers_last), sibling in zip(reversed(ranges), hashes, strict=True):
        digest = node_hash(digest, sibling) if side == "right" else node_hash(sibling, digest)
        found.append(Step(side, sibling, start, last, digest, covers_first, covers_last))
    return tuple(found)
