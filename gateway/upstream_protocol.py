"""One HTTP/1.1 connection to a system behind: writes a request, gathers the answer or streams it, bounded.

Framing is llhttp's (strict: RFC 9112 section 6.3). An answer that ends with the connection is accepted only
when it declares no length; one that ends early is not an answer. Interim answers (1xx) are passed over.
Trailer fields are dropped (RFC 9110 section 6.5.1); what frames a body is bounded by what it frames.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import cast

import httptools

from gateway.config import Limits, Timeouts
from gateway.errors import UpstreamError
from gateway.model import BodyParts, Headers, UpstreamResponse
from gateway.upstream_stream import UpstreamStream

_BODILESS = frozenset({204, 304})
FRAMING_PER_BYTE = 8
_POLLRDHUP = getattr(select, "POLLRDHUP", 0)


class UpstreamConnection(asyncio.Protocol):
    """State of one connection; `start` runs one request at a time."""

    __slots__ = (
        "_answered",
        "_body",
        "_body_bytes",
        "_deadline",
        "_framing_bytes",
        "_future",
        "_head_bytes",
        "_headers",
        "_is_head",
        "_keep_alive",
        "_limits",
        "_parser",
        "_sized",
        "_status",
        "_stream",
        "_streams",
        "_timeouts",
        "_timer",
        "_transport",
        "_writable",
        "idle_since",
        "uses",
    )

    def __init__(self, limits: Limits, timeouts: Timeouts) -> None:
        self._limits = limits
        self._timeouts = timeouts
        self._streams: Callable[[int, Headers], bool] | None = None
        self._stream: UpstreamStream | None = None
        self._writable: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._future: asyncio.Future[UpstreamResponse] | None = None
        self._is_head = False
        self._keep_alive = False
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self.idle_since = 0.0
        self.uses = 0
        self._reset()

    def _reset(self) -> None:
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._framing_bytes = 0
        self._sized = False
        self._answered = False

    @property
    def reusable(self) -> bool:
        """True when the connection is open, idle, and the last answer ended cleanly."""
        transport = self._transport
        return (
            transport is not None
            and not transport.is_closing()
            and self._future is None
            and self._stream is None
            and (self.uses == 0 or self._keep_alive)
        )

    @property
    def silent(self) -> bool:
        """False when something came that was not asked for, or the end: the loop may not have read it yet."""
        transport = self._transport
        if transport is None:
            return False
        poll = select.poll()
        poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | _POLLRDHUP)
        return not poll.poll(0)

    @property
    def answered(self) -> bool:
        """True once any byte of the answer to the current request has come."""
        return self._answered

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        message: bytes,
        is_head: bool,
        timeout_s: float,
        streams: Callable[[int, Headers], bool] | None = None,
    ) -> asyncio.Future[UpstreamResponse]:
        """Sends one request; the future brings the answer, or `UpstreamError` within `timeout_s`.

        Where `streams` says so of the head, the answer comes with its body still to be read.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise UpstreamError("upstream_closed", "the connection is closed")
        self._reset()
        self._is_head = is_head
        self._streams = streams
        self._keep_alive = False
        self.uses += 1
        future = self._future = loop.create_future()
        self._deadline = loop.time() + timeout_s
        if self._timer is None:
            # One timer outlives many requests: it looks at the clock when it fires.
            self._timer = loop.call_later(timeout_s, self._look_at_deadline, loop)
        transport.write(message)
        return future

    def _look_at_deadline(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        if self._future is None:
            return
        left_s = self._deadline - loop.time()
        if left_s > 0:
            self._timer = loop.call_later(left_s, self._look_at_deadline, loop)
        else:
            self._fail("upstream_timeout", "the system behind did not answer in time")

    async def send_parts(
        self,
        loop: asyncio.AbstractEventLoop,
        parts: BodyParts,
        timeout_s: float,
        answer: asyncio.Future[UpstreamResponse],
    ) -> None:
        """Sends a body as it comes, in chunks where its length was not announced; stops at an early answer.

        The time for the answer begins anew with each part. Raises what `parts` raises.
        """
        chunked = parts.bytes_total is None
        while (part := await parts.next()) and not answer.done() and self._transport is not None:
            self._deadline = loop.time() + timeout_s
            self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if self._writable is not None:
                # An answer, or the end of the connection, also ends the wait.
                await asyncio.wait((self._writable, answer), return_when=asyncio.FIRST_COMPLETED)
        if part:
            self._keep_alive = False  # the rest of the body is not sent, so nothing can follow it
        elif chunked and self._transport is not None:
            self._transport.write(b"0\r\n\r\n")

    def pause(self) -> None:
        """Reads no further for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def abandon(self) -> None:
        """Nobody waits for the answer any more; the connection ends."""
        future, self._future = self._future, None
        if future is not None:
            future.cancel()
        self.close()

    def close(self) -> None:
        """Ends the connection; a pending answer is lost."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        writable, self._writable = self._writable, None
        if writable is not None and not writable.done():
            writable.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._future is None and self._stream is None:
            self.close()
            return
        self._answered = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._keep_alive = False
            self._fail("upstream_invalid", "the answer is not HTTP/1.1")
            return
        if not self._status:
            self._count_head(len(data))
        elif self._future is not None or self._stream is not None:
            self._framing_bytes += len(data)
            if self._framing_bytes > self._limits.framing_bytes_max:
                self._fail("upstream_invalid", "the answer is framed by more than it holds")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._future is not None or self._stream is not None:
            if exc is None and self._status and not self._sized and not self._is_head:
                self._keep_alive = False
                self._finish()
            else:
                self._fail("upstream_closed", "the connection closed before the answer was whole")
        self._transport = None
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self._future is None and self._stream is None:
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._status:
            return
        lower = name.lower()
        if lower == b"content-length" or lower == b"transfer-encoding":
            self._sized = True
        self._headers.append((lower, value))
        self._count_head(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                self._fail("upstream_invalid", "the system behind switched protocols")
            self._headers = []
            self._sized = False
            return
        self._status = status
        self._framing_bytes = -2 * self._limits.response_head_bytes_max
        self._keep_alive = self._parser.should_keep_alive()
        if self._is_head or status in _BODILESS:
            # llhttp knows no request: after HEAD it would wait for the body that Content-Length announces.
            self._finish()
            if self._is_head:
                self._parser = httptools.HttpResponseParser(self)
        elif self._streams is not None and self._streams(status, self._headers):
            limits = self._limits
            self._stream = UpstreamStream(
                self, limits.streamed_body_bytes_max, self._timeouts.upstream_stream_idle_s
            )
            self._settle(UpstreamResponse(status, self._headers, b"", self._stream))

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._framing_bytes -= (1 + FRAMING_PER_BYTE) * len(body)
        if self._stream is not None:
            self._stream.feed(body)
            return
        if self._body_bytes > self._limits.response_body_bytes_max:
            self._fail("upstream_too_large", "the body of the answer is too large")
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        if (self._future is not None or self._stream is not None) and self._status >= 200:
            self._finish()

    def _count_head(self, size: int) -> None:
        # Both what was parsed and what is still without an end of line count, so neither grows without bound.
        self._head_bytes += size
        if self._head_bytes > 2 * self._limits.response_head_bytes_max:
            self._fail("upstream_too_large", "the head of the answer is too large")

    def _finish(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.finish()
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        self._settle(UpstreamResponse(self._status, self._headers, body))

    def _settle(self, response: UpstreamResponse) -> None:
        future, self._future = self._future, None
        if future is not None and not future.done():
            future.set_result(response)

    def _fail(self, code: str, message: str) -> None:
        future, self._future = self._future, None
        stream, self._stream = self._stream, None
        self._body = []
        self._keep_alive = False
        if future is not None and not future.done():
            future.set_exception(UpstreamError(code, message))
        self.close()
        if stream is not None:
            stream.fail(UpstreamError(code, message))
