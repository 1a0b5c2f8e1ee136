"""Throttling state that the workers of one machine share: arrival times in memory mapped before they forked.

An open-addressed table of fixed slots: 8 bytes of the key's digest, 8 bytes of arrival time (CLOCK_MONOTONIC,
which all processes of a machine read alike). A slot is read and written under a lock on its own bytes
(fcntl, POSIX), so two workers never both take a caller's last call. A worker that dies lets its lock go.

Where all slots that a key may have are in use, the one whose bucket is fullest is given up, in its caller's
favor. Two keys whose digests are equal in 64 bits share a bucket, once in 2^64.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from gateway.errors import ConfigError

SLOT = struct.Struct("=Qd")
PROBES_MAX = 8
T = TypeVar("T")


class SharedBuckets:
    """Implements `facts.Buckets` over the memory of one machine."""

    __slots__ = ("_digests", "_digests_max", "_file", "_memory", "_slots")

    def __init__(self, slots: int) -> None:
        self._slots = 1 << max(4, (slots - 1).bit_length())
        descriptor, name = tempfile.mkstemp(prefix="pactolus-limits-")
        Path(name).unlink()
        try:
            os.ftruncate(descriptor, self._slots * SLOT.size)
            self._memory = mmap.mmap(descriptor, self._slots * SLOT.size)
        except OSError as error:
            os.close(descriptor)
            raise ConfigError("config.workers", f"memory for shared limits cannot be had: {error}") from error
        self._file = descriptor
        self._digests: dict[tuple[str, str], int] = {}
        self._digests_max = slots

    def update(
        self,
        key: tuple[str, str],
        now: float,  # noqa: ARG002 - slots are found without it
        decide: Callable[[float], tuple[T, float]],
    ) -> T:
        """What `decide` makes of the arrival time kept for `key`; the time it gives is kept in its place."""
        digest = self._digest(key)
        first = digest & (self._slots - 1) & ~(PROBES_MAX - 1)
        start, length = first * SLOT.size, PROBES_MAX * SLOT.size
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
        try:
            at, arrival = self._find(digest, start)
            decided, later = decide(arrival)
            if later != arrival:
                SLOT.pack_into(self._memory, at, digest, later)
            return decided
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)

    def _find(self, digest: int, start: int) -> tuple[int, float]:
        """Where the key's slot is, or the one it may take, and the arrival time that counts."""
        spare, spare_arrival = start, float("inf")
        for at in range(start, start + PROBES_MAX * SLOT.size, SLOT.size):
            owner, arrival = SLOT.unpack_from(self._memory, at)
            if owner == digest:
                return at, arrival
            if arrival < spare_arrival:
                spare, spare_arrival = at, arrival
        return spare, 0.0

    def _digest(self, key: tuple[str, str]) -> int:
        digest = self._digests.get(key)
        if digest is None:
            raw = blake2b("\0".join(key).encode(), digest_size=8).digest()
            digest = int.from_bytes(raw, "big") or 1
            if len(self._digests) >= self._digests_max:
                del self._digests[next(iter(self._digests))]
            self._digests[key] = digest
        return digest
