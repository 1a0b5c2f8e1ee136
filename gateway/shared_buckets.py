"""Throttling state that the workers of one machine share: arrival times in memory mapped before they forked.

An open-addressed table of fixed slots: 8 bytes of the key's digest, 8 bytes of arrival time (CLOCK_MONOTONIC,
which all processes of a machine read alike). A slot is read and written under a lock on its own bytes
(fcntl, POSIX), so two workers never both take a caller's last call. A worker that dies lets its lock go.

Where all slots that a key may have are in use, the one whose bucket is fullest is given up, in its caller's
favor. Two keys whose digests are equal in 64 bits share a bucket, once in 2^64.

Behind the table are pages of places, each place the key's digest and when it comes free if nobody gives it
back. Several limits on one call are decided under all of their locks, taken in the order of their addresses,
so that no two workers wait for each other. A page without room refuses: that takes 256 calls under way in it.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from gateway import quotas
from gateway.errors import ConfigError
from gateway.policies.facts import Ask, Taken

SLOT = struct.Struct("=Qd")
PLACE = struct.Struct("=QQd")
"""Where a place is, whose it is, and when it comes free: what its taker needs to give it back."""
PROBES_MAX = 8
GROUP_BYTES = PROBES_MAX * SLOT.size
PAGES = 256
PAGE_BYTES = 4096
T = TypeVar("T")


class SharedBuckets:
    """Implements `facts.Buckets` over the memory of one machine."""

    __slots__ = ("_digests", "_digests_max", "_file", "_memory", "_pages_at", "_place_s", "_slots")

    def __init__(self, slots: int, place_s: float) -> None:
        self._slots = 1 << max(4, (slots - 1).bit_length())
        self._place_s = place_s
        self._pages_at = self._slots * SLOT.size
        size = self._pages_at + PAGES * PAGE_BYTES
        descriptor, name = tempfile.mkstemp(prefix="pactolus-limits-")
        Path(name).unlink()
        try:
            os.ftruncate(descriptor, size)
            self._memory = mmap.mmap(descriptor, size)
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
        start, length = self._group(digest), GROUP_BYTES
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
        try:
            at, arrival = self._find(digest, start)
            decided, later = decide(arrival)
            if later != arrival:
                SLOT.pack_into(self._memory, at, digest, later)
            return decided
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)

    def take(self, asks: Sequence[Ask], now: float) -> Taken:
        """As `facts.Buckets.take`."""
        digests = [self._digest(ask.key) for ask in asks]
        with self._locked(asks, digests):
            slots: list[int | None] = []
            states: list[float] = []
            for ask, digest in zip(asks, digests, strict=True):
                if ask.limit.unit == quotas.PLACES:
                    free, count = self._find_place(digest, now, slots)
                    slots.append(free)
                    states.append(ask.limit.quota if free is None else count)
                else:
                    at, arrival = self._find(digest, self._group(digest), slots)
                    slots.append(at)
                    states.append(arrival)
            allowed, allowances = quotas.weigh(asks, states, now)
            if not allowed:
                return Taken(False, asks, allowances)
            places = []
            for ask, digest, slot, state in zip(asks, digests, slots, states, strict=True):
                assert slot is not None  # a page without room refuses
                if ask.limit.unit == quotas.PLACES:
                    places.append(PLACE.pack(slot, digest, now + self._place_s))
                    SLOT.pack_into(self._memory, slot, digest, now + self._place_s)
                else:
                    SLOT.pack_into(self._memory, slot, digest, quotas.charged(ask, state, now))
            return Taken(True, asks, allowances, places)

    def settle(self, taken: Taken, bytes_used: int, now: float) -> None:
        """As `facts.Buckets.settle`."""
        for ask in quotas.debts(taken.asks, bytes_used):
            self.update(ask.key, now, lambda arrival, ask=ask: (None, quotas.charged(ask, arrival, now)))  # type: ignore[misc]
        for place in taken.places:
            at, digest, ends = PLACE.unpack(place)
            page = self._page(digest)
            fcntl.lockf(self._file, fcntl.LOCK_EX, PAGE_BYTES, page)
            try:
                if SLOT.unpack_from(self._memory, at) == (digest, ends):
                    SLOT.pack_into(self._memory, at, 0, 0.0)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, PAGE_BYTES, page)

    @contextmanager
    def _locked(self, asks: Sequence[Ask], digests: Sequence[int]) -> Iterator[None]:
        """Holds the locks of all, each once, taken in the order of their addresses."""
        ranges = sorted(
            {
                (self._page(digest), PAGE_BYTES)
                if ask.limit.unit == quotas.PLACES
                else (self._group(digest), GROUP_BYTES)
                for ask, digest in zip(asks, digests, strict=True)
            }
        )
        held: list[tuple[int, int]] = []
        try:
            for start, length in ranges:
                fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
                held.append((start, length))
            yield
        finally:
            for start, length in held:
                fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)

    def _find(self, digest: int, start: int, promised: Sequence[int | None] = ()) -> tuple[int, float]:
        """Where the key's slot is, or the one it may take, and the arrival time that counts.

        Slots `promised` to other limits of the same call are not given to this one.
        """
        spare, spare_arrival = start, float("inf")
        for at in range(start, start + GROUP_BYTES, SLOT.size):
            owner, arrival = SLOT.unpack_from(self._memory, at)
            if owner == digest:
                return at, arrival
            if arrival < spare_arrival and at not in promised:
                spare, spare_arrival = at, arrival
        return spare, 0.0

    def _find_place(self, digest: int, now: float, promised: Sequence[int | None]) -> tuple[int | None, int]:
        """A place that is free in the key's page, if any is, and how many places the key has."""
        start = self._page(digest)
        free, taken = None, 0
        page = self._memory[start : start + PAGE_BYTES]
        for number, (owner, ends) in enumerate(SLOT.iter_unpack(page)):
            if ends <= now:
                at = start + number * SLOT.size
                free = at if free is None and at not in promised else free
            elif owner == digest:
                taken += 1
        return free, taken

    def _group(self, digest: int) -> int:
        return (digest & (self._slots - 1) & ~(PROBES_MAX - 1)) * SLOT.size

    def _page(self, digest: int) -> int:
        return self._pages_at + digest % PAGES * PAGE_BYTES

    def _digest(self, key: tuple[str, str]) -> int:
        digest = self._digests.get(key)
        if digest is None:
            raw = blake2b("\0".join(key).encode(), digest_size=8).digest()
            digest = int.from_bytes(raw, "big") or 1
            if len(self._digests) >= self._digests_max:
                del self._digests[next(iter(self._digests))]
            self._digests[key] = digest
        return digest
