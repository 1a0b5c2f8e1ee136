"""What the workers of one gateway know of each other: each tells its counts once a second, any can tell all.

A file per worker in a folder of the gateway's own, put in place whole. Who takes the place of a worker that
died goes on from what that one told last, so that sums never run back.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

COUNTS_BYTES_MAX = 16 * 1024 * 1024


class Peers:
    """The counts of one worker's fellows."""

    __slots__ = ("_count", "_folder", "number")

    def __init__(self, folder: Path, number: int, count: int) -> None:
        self._folder = folder
        self._count = count
        self.number = number

    def tell(self, counts: dict[str, Any]) -> None:
        """Leaves this worker's counts where its fellows find them; a full disk leaves the last ones there."""
        unfinished = self._folder / f"{self.number}.unfinished"
        with suppress(OSError):
            unfinished.write_bytes(orjson.dumps(counts))
            unfinished.replace(self._folder / f"{self.number}.json")

    def told_before(self) -> dict[str, Any] | None:
        """What a worker of this number told last; None from the first of them."""
        return self._read(self.number)

    def told(self) -> dict[int, dict[str, Any]]:
        """The counts of the others, by number; those of one that has told nothing yet are left out."""
        others = [number for number in range(self._count) if number != self.number]
        return {number: counts for number in others if (counts := self._read(number)) is not None}

    def _read(self, number: int) -> dict[str, Any] | None:
        path = self._folder / f"{number}.json"
        try:
            if path.stat().st_size > COUNTS_BYTES_MAX:
                return None
            counts: dict[str, Any] = orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return None
        return counts
