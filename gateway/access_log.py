"""One JSON line per exchange, written in blocks so that no request waits for a disk.

No bodies, no queries, no tokens: paths are the contract's templates, callers are named by consumer and
client. Lines beyond the bound are dropped and counted, never waited for.
"""

from __future__ import annotations

from typing import BinaryIO


class AccessLog:
    """Gathers lines; `flush` writes them."""

    __slots__ = ("_bytes", "_bytes_max", "_lines", "_stream", "dropped")

    def __init__(self, stream: BinaryIO, bytes_max: int) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._lines: list[bytes] = []
        self._bytes = 0
        self.dropped = 0

    def write(self, line: bytes) -> None:
        """Takes one line without its line feed."""
        if self._bytes + len(line) > self._bytes_max:
            self.dropped += 1
            return
        self._lines.append(line)
        self._bytes += len(line)

    def flush(self) -> None:
        """Writes what was gathered; a stream that fails loses these lines, not the gateway."""
        if not self._lines:
            return
        block = b"\n".join(self._lines) + b"\n"
        lines, self._lines, self._bytes = len(self._lines), [], 0
        try:
            self._stream.write(block)
            self._stream.flush()
        except (OSError, ValueError):
            self.dropped += lines
