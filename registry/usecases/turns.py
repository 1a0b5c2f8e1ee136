"""Few judge at a time: documents of many megabytes take seconds and hundreds of megabytes of memory each.

Who waits holds a worker thread, so few may wait, and tokens, snapshots and usage are answered meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from registry.errors import Overloaded


class Turns:
    """Hands out ``at_once`` turns; ``waiting`` more wait up to ``wait_s`` seconds, all others are refused."""

    def __init__(self, at_once: int, waiting: int, wait_s: float) -> None:
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._turns = threading.BoundedSemaphore(at_once)
        self._wait_s = wait_s

    @contextmanager
    def take(self) -> Iterator[None]:
        """A turn for as long as the block lasts; raises `Overloaded`."""
        if not self._places.acquire(blocking=False):
            raise overloaded()
        try:
            if not self._turns.acquire(timeout=self._wait_s):
                raise overloaded()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()


def overloaded() -> Overloaded:
    """The refusal that asks to come again."""
    return Overloaded("overloaded", "The registry judges as many documents as it can; try again.")
