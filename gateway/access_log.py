"""One JSON line per exchange, written in blocks so that no request waits for a disk.

No bodies, no queries, no tokens: paths are the contract's templates, callers are named by consumer and
client. Lines beyond the bound are dropped and counted, never waited for.
"""

from __future__ import annotations

from typing import BinaryIO


class AccessLog:
    """Gathers lines, one behind the other in memory; `flush` writes them."""

    __slots__ = ("_bytes_max", "_gathered", "_lines", "_stream", "dropped")

    def __init__(self, stream: BinaryIO, bytes_max: int) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._gathered = bytearray()
        self._lines = 0
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Takes one line with its line feed."""
        if len(self._gathered) + len(line) > self._bytes_max:
            self.dropped += 1
            return
        self._gathered += line
        self._lines += 1

    def flush(self) -> None:
        """Writes what was gathered; a stream that fails loses these lines, not the gateway."""
        if not self._lines:
            return
        lines, self._lines = self._lines, 0
        gathered, self._gathered = self._gathered, bytearray()
        try:
            self._stream.write(gathered)
            self._stream.flush()
        except (OSError, ValueError):
            self.dropped += lines
