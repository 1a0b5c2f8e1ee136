"""Lists that take long to make, kept until what they are made from has changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class KeptLists(Generic[Item]):
    """By what they were made from; the longest unused are let go. Only one is made at a time."""

    def __init__(self, lists_max: int) -> None:
        self._lists_max = lists_max
        self._lists: OrderedDict[Hashable, tuple[Item, ...]] = OrderedDict()
        self._mutex = threading.Lock()
        self._making = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Item, ...]]) -> tuple[Item, ...]:
        """The list of that key, made if it is not kept; who comes while it is made waits for it."""
        found = self._kept(key)
        if found is not None:
            return found
        with self._making:
            found = self._kept(key)
            if found is None:
                found = make()
                self._keep(key, found)
        return found

    def _kept(self, key: Hashable) -> tuple[Item, ...] | None:
        with self._mutex:
            found = self._lists.get(key)
            if found is not None:
                self._lists.move_to_end(key)
            return found

    def _keep(self, key: Hashable, made: tuple[Item, ...]) -> None:
        with self._mutex:
            self._lists[key] = made
            while len(self._lists) > self._lists_max:
                self._lists.popitem(last=False)
