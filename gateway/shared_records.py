"""Answers under Idempotency-Keys, shared by the workers of a machine, in a file that outlives them.

The file is mapped: a table of slots, probed in groups of eight under a lock on the group's bytes, and behind
it a ring of answers in which the oldest give way to new ones. A slot names the place of its answer in all
that was ever written; what the ring has passed over since counts as gone. A digest over each answer tells one
that a dying machine left torn: it counts as gone too. What is kept is forgotten after `record_s`, or earlier
where the ring is full. A claim whose holder died ends after `claim_s`.

An answer may hold business data: only the gateway's user can read the file, as with the kept plan.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import blake2b
from pathlib import Path

from gateway.errors import ConfigError
from gateway.model import Answer
from gateway.policies.idempotency import InFlight, Stored

MAGIC = b"pactolus-once-1\0"
HEADER = struct.Struct("=16sQQQ")
"""Magic, slots, bytes of the ring, and how many bytes were ever written to it."""
HEADER_BYTES = 64
SLOT = struct.Struct("=16s16sBQdQI8s")
"""Key, fingerprint, state, holder of the claim, when it ends, place, length and digest of the answer."""
SLOT_BYTES = 80
PROBES_MAX = 8
FREE, CLAIMED, STORED = 0, 1, 2
NO_LOCK = nullcontext()


class SharedRecords:
    """Implements `ports.IdempotencyRecords` for one machine; `alone` in it, a process needs no locks."""

    __slots__ = (
        "_alone",
        "_claim_s",
        "_file",
        "_memory",
        "_next",
        "_record_s",
        "_ring",
        "_ring_at",
        "_slots",
    )

    def __init__(
        self,
        path: Path | None,
        slots: int,
        ring_bytes: int,
        claim_s: float,
        record_s: float,
        *,
        alone: bool = False,
    ) -> None:
        self._alone = alone
        self._slots = 1 << max(3, (slots - 1).bit_length())
        self._ring = ring_bytes
        self._ring_at = HEADER_BYTES + self._slots * SLOT_BYTES
        self._claim_s = claim_s
        self._record_s = record_s
        self._next = int.from_bytes(os.urandom(7), "big")
        try:
            self._file = _opened(path)
            with self._locked(0, HEADER_BYTES):
                self._prepare()
        except OSError as error:
            message = f"the file of answers under Idempotency-Keys cannot be had: {error}"
            raise ConfigError("config.state_folder", message) from error

    def _prepare(self) -> None:
        size = self._ring_at + self._ring
        if os.fstat(self._file).st_size != size:
            os.ftruncate(self._file, 0)
            os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        wanted = (MAGIC, self._slots, self._ring)
        if HEADER.unpack_from(self._memory, 0)[:3] != wanted:
            self._memory[HEADER_BYTES : self._ring_at] = bytes(self._ring_at - HEADER_BYTES)
            HEADER.pack_into(self._memory, 0, *wanted, 0)

    async def claim(self, key: bytes, fingerprint: bytes, now: float) -> int | InFlight | Stored:
        """As `ports.IdempotencyRecords.claim`."""
        start = self._group(key)
        with self._locked(start, PROBES_MAX * SLOT_BYTES):
            at, found = self._find(key, start, now)
            if found is not None:
                return found
            self._next += 1
            SLOT.pack_into(
                self._memory, at, key, fingerprint, CLAIMED, self._next, now + self._claim_s, 0, 0, b""
            )
            return self._next

    async def keep(self, key: bytes, holder: int, fingerprint: bytes, answer: Answer, now: float) -> bool:
        """As `ports.IdempotencyRecords.keep`."""
        raw = write_answer(answer)
        if len(raw) > self._ring // 4:
            return False
        start = self._group(key)
        with self._locked(start, PROBES_MAX * SLOT_BYTES):
            at = self._held(key, holder, start)
            if at is None:
                return False
            place = self._append(raw)
            digest = blake2b(raw, digest_size=8).digest()
            SLOT.pack_into(
                self._memory, at, key, fingerprint, STORED, 0, now + self._record_s, place, len(raw), digest
            )
            return True

    async def release(self, key: bytes, holder: int) -> None:
        """As `ports.IdempotencyRecords.release`."""
        start = self._group(key)
        with self._locked(start, PROBES_MAX * SLOT_BYTES):
            at = self._held(key, holder, start)
            if at is not None:
                self._memory[at : at + SLOT_BYTES] = bytes(SLOT_BYTES)

    def close(self) -> None:
        """Lets the file go."""
        self._memory.close()
        os.close(self._file)

    def _find(self, key: bytes, start: int, now: float) -> tuple[int, InFlight | Stored | None]:
        """What counts for the key, or the slot it may take: a free one, else that which ends first."""
        spare, spare_ends = start, float("inf")
        for at in range(start, start + PROBES_MAX * SLOT_BYTES, SLOT_BYTES):
            owner, fingerprint, state, _, ends, place, length, digest = SLOT.unpack_from(self._memory, at)
            alive = state != FREE and ends > now
            if alive and owner == key:
                if state == CLAIMED:
                    return at, InFlight(fingerprint)
                answer = self._answer(place, length, digest)
                return at, None if answer is None else Stored(fingerprint, answer)
            # A claim gives way last: its holder would find its answer unkept.
            ends = 0.0 if not alive else ends + self._record_s if state == CLAIMED else ends
            if ends < spare_ends:
                spare, spare_ends = at, ends
        return spare, None

    def _held(self, key: bytes, holder: int, start: int) -> int | None:
        for at in range(start, start + PROBES_MAX * SLOT_BYTES, SLOT_BYTES):
            owner, _, state, held_by, *_ = SLOT.unpack_from(self._memory, at)
            if owner == key and state == CLAIMED and held_by == holder:
                return at
        return None

    def _append(self, raw: bytes) -> int:
        """Writes an answer behind the last one, whole; gives its place in all that was ever written."""
        with self._locked(0, HEADER_BYTES):
            magic, slots, ring, written = HEADER.unpack_from(self._memory, 0)
            if written % ring + len(raw) > ring:
                written += ring - written % ring
            HEADER.pack_into(self._memory, 0, magic, slots, ring, written + len(raw))
            at = self._ring_at + written % ring
            self._memory[at : at + len(raw)] = raw
            return int(written)

    def _answer(self, place: int, length: int, digest: bytes) -> Answer | None:
        with self._locked(0, HEADER_BYTES):
            written = HEADER.unpack_from(self._memory, 0)[3]
            if not written - self._ring <= place <= place + length <= written:
                return None
            at = self._ring_at + place % self._ring
            raw = self._memory[at : at + length]
        return read_answer(raw) if blake2b(raw, digest_size=8).digest() == digest else None

    def _group(self, key: bytes) -> int:
        slot = int.from_bytes(key[:8], "big") & (self._slots - 1) & ~(PROBES_MAX - 1)
        return HEADER_BYTES + slot * SLOT_BYTES

    def _locked(self, start: int, length: int) -> AbstractContextManager[None]:
        return NO_LOCK if self._alone else self._lock(start, length)

    @contextmanager
    def _lock(self, start: int, length: int) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, start)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, length, start)


def _opened(path: Path | None) -> int:
    if path is None:
        descriptor, name = tempfile.mkstemp(prefix="pactolus-once-")
        Path(name).unlink()
        return descriptor
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def write_answer(answer: Answer) -> bytes:
    """Status, header lines and body, told apart as in HTTP: header lines hold no line feed."""
    lines = b"".join(name + b":" + value + b"\n" for name, value in answer.headers)
    return b"%d\n%b\n%b" % (answer.status, lines, answer.body)


def read_answer(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\n\n")
    status, *lines = head.split(b"\n")
    pairs = (line.partition(b":") for line in lines)
    return Answer(int(status), [(name, value) for name, _, value in pairs], body)
