"""References of published versions for pages; a version never changes, so what was built is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict

from registry.model import Version
from registry.reference import Reference
from registry.usecases.documents import stored
from registry.usecases.services import Services

KEPT_MAX = 16
"""References in memory, the last asked for; one of a very large contract takes some 100 MB."""


class References:
    """Builds them in turn with other costly work, and keeps the last ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Reference] = OrderedDict()

    def of(self, services: Services, version: Version) -> Reference:
        """The reference of a version; `Overloaded` when too many wait."""
        key = version.bundle_sha256
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with services.store.reading() as transaction:
            documents = stored(transaction, version)
        with services.turns.take():
            built = services.reader.reference(documents)
        with self._lock:
            self._kept[key] = built
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return built
