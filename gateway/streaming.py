"""Bodies that pass without being read whole: what no schema describes, and is large or without end.

Memory holds a bounded part of them. That they were not validated stands in the access log and the counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gateway.model import AnswerStream
from gateway.ports import Body


class BodyTooLarge(Exception):
    """The request's body is longer than its bound."""


class BodyTimeout(Exception):
    """The request's body did not come in time."""


class ClientGone(Exception):
    """The caller hung up; nobody waits for an answer."""


class Counted(Protocol):
    """Where the bytes of a request are counted."""

    bytes_in: int


class RequestParts:
    """Implements `model.BodyParts` over the caller's body; raises what `ports.Body.next` raises."""

    __slots__ = ("_body", "_bytes_max", "_counted", "_timeout_s", "bytes_total")

    def __init__(
        self, body: Body, bytes_total: int | None, bytes_max: int, timeout_s: float, counted: Counted
    ) -> None:
        self._body = body
        self._bytes_max = bytes_max
        self._timeout_s = timeout_s
        self._counted = counted
        self.bytes_total = bytes_total

    async def next(self) -> bytes:
        """The next part; `BodyTooLarge` beyond the bound."""
        part = await self._body.next(self._timeout_s)
        self._counted.bytes_in += len(part)
        if self._counted.bytes_in > self._bytes_max:
            raise BodyTooLarge
        return part


class CountedStream:
    """An answer's stream that tells at its end how many bytes of it were passed on."""

    __slots__ = ("_bytes", "_closed", "_ended", "_stream")

    def __init__(self, stream: AnswerStream, ended: Callable[[int], None]) -> None:
        self._stream = stream
        self._ended = ended
        self._bytes = 0
        self._closed = False

    async def next(self) -> bytes:
        """The next part."""
        part = await self._stream.next()
        self._bytes += len(part)
        return part

    def close(self) -> None:
        """Ends it; what was passed on is told once."""
        if not self._closed:
            self._closed = True
            self._stream.close()
            self._ended(self._bytes)
