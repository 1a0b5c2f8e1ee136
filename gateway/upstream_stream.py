"""The body of an answer that is passed on as it comes: a bounded queue between two connections.

While the caller reads slowly the system behind is read no further, so memory holds the queue and no more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from gateway.errors import UpstreamError

QUEUED_BYTES_MAX = 256 * 1024


class Source(Protocol):
    """The connection that the parts come from."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def close(self) -> None: ...


class UpstreamStream:
    """Implements `model.AnswerStream`; `on_end` is called once, when the connection is free or gone."""

    __slots__ = (
        "_bytes", "_bytes_left", "_ended", "_error", "_idle_s", "_parts", "_paused", "_source", "_waiter",
        "on_end",
    )  # fmt: skip

    def __init__(self, source: Source, bytes_max: int, idle_s: float) -> None:
        self._source = source
        self._bytes_left = bytes_max
        self._idle_s = idle_s
        self._parts: deque[bytes] = deque()
        self._bytes = 0
        self._paused = False
        self._ended = False
        self._error: UpstreamError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.on_end: Callable[[], None] | None = None

    @property
    def ended(self) -> bool:
        """True once the body is whole, or will not come whole."""
        return self._ended

    # the side of the system behind

    def feed(self, part: bytes) -> None:
        """Takes a part."""
        if self._ended:
            return
        self._bytes_left -= len(part)
        if self._bytes_left < 0:
            self.fail(UpstreamError("upstream_too_large", "the body of the answer is too large"))
            self._source.close()
            return
        self._parts.append(part)
        self._bytes += len(part)
        if self._bytes > QUEUED_BYTES_MAX and not self._paused:
            self._paused = True
            self._source.pause()
        self._wake()

    def finish(self) -> None:
        """The body is whole."""
        self._end(None)

    def fail(self, error: UpstreamError) -> None:
        """The body will not come whole."""
        self._end(error)

    def _end(self, error: UpstreamError | None) -> None:
        if self._ended:
            return
        self._ended = True
        self._error = error
        self._wake()
        if self.on_end is not None:
            self.on_end()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # the caller's side

    async def next(self) -> bytes:
        """As `model.AnswerStream.next`; `UpstreamError` when nothing comes for too long or it breaks off."""
        while not self._parts:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self._idle_s):
                    await self._waiter
            except TimeoutError:
                raise UpstreamError("upstream_timeout", "the answer did not go on in time") from None
        part = self._parts.popleft()
        self._bytes -= len(part)
        if self._paused and self._bytes <= QUEUED_BYTES_MAX // 2:
            self._paused = False
            self._source.resume()
        return part

    def close(self) -> None:
        """Lets the rest go: what has not come whole ends its connection, which is then of no more use."""
        self._parts.clear()
        if not self._ended:
            self._source.close()
            self._end(UpstreamError("upstream_closed", "nobody reads the answer"))
