"""The collector of cycles, for a command that reads, judges and ends."""

from __future__ import annotations

import gc

YOUNG_OBJECTS_MAX = 100_000
GENERATIONS = 50, 1000


def collect_rarely() -> None:
    """Lets the collector look less often: the trees of a contract are alive until the command ends.

    Nothing is leaked by it; a look at millions of living objects only takes time. Judging two contracts of
    13 MB each takes a sixth less.
    """
    gc.set_threshold(YOUNG_OBJECTS_MAX, *GENERATIONS)
