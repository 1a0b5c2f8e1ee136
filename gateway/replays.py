"""What may come once only: marks of proofs and signed requests, kept until they would be refused as too old.

The memory is mapped before workers fork, so that what one of them took no other takes again. It is bounded:
a table of slots in groups, each read and written under a lock on the group's bytes. Where a group is full of
marks that count still, nothing more is taken: a second use is never let pass for want of room. Groups of 64
make that rare while the table is less than two thirds full.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
from pathlib import Path

from gateway.errors import ConfigError

SLOT = struct.Struct("=16sd")
GROUP = 64


class Replays:
    """Marks of 16 bytes that are seen for the first time, or not; times are those of `Clock.elapsed`."""

    __slots__ = ("_file", "_groups", "_memory")

    def __init__(self, count_max: int) -> None:
        self._groups = max(1, count_max // GROUP)
        descriptor, name = tempfile.mkstemp(prefix="pactolus-replays-")
        Path(name).unlink()
        size = self._groups * GROUP * SLOT.size
        try:
            os.ftruncate(descriptor, size)
            self._memory = mmap.mmap(descriptor, size)
        except OSError as error:
            os.close(descriptor)
            raise ConfigError("config.workers", f"memory for replays cannot be had: {error}") from error
        self._file = descriptor

    def is_first(self, mark: bytes, now: float, until: float) -> bool:
        """True once for a mark, which is then kept until `until`; False again, or where there is no room."""
        start = int.from_bytes(mark[:8], "big") % self._groups * GROUP * SLOT.size
        length = GROUP * SLOT.size
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
        try:
            free = None
            group = SLOT.iter_unpack(self._memory[start : start + length])
            for number, (kept, counts_until) in enumerate(group):
                if counts_until <= now:
                    free = start + number * SLOT.size
                elif kept == mark:
                    return False
            if free is None:
                return False
            SLOT.pack_into(self._memory, free, mark, until)
            return True
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)
