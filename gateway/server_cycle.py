"""One request on a connection and its answer: reads the body when it is asked for, writes the answer at once.

No messages pass between the server and the exchange, so an exchange costs one task and one system call for
its answer. What a server must check is checked here: no control character leaves in a head, the length is
that of the body, nothing is written to a caller who left. A streamed answer is written as it comes, in chunks
where its length is not known (RFC 9112 section 7.1), and waits for callers who read slowly.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

from gateway.answers import problem_answer
from gateway.model import Answer, AnswerStream, Headers, Reject, Request
from gateway.policies import correlation
from gateway.ports import Body
from gateway.server_flow import HIGH_WATER_BYTES, Flow
from gateway.streaming import BodyTimeout, BodyTooLarge, ClientGone

logger = logging.getLogger("pactolus.gateway")
AnswerTo = Callable[[Request, Body], Awaitable[Answer]]
_BODILESS = frozenset({204, 304})
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
_CLOSE = (b"connection", b"close")
_CHUNKED = (b"transfer-encoding", b"chunked")
_PHRASES = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
STATUS_LINES = {
    status: b"HTTP/1.1 %d %s\r\n" % (status, _PHRASES.get(status, b"")) for status in range(100, 1000)
}


class Line(Protocol):
    """The connection as a cycle sees it."""

    @property
    def transport(self) -> asyncio.Transport: ...

    @property
    def flow(self) -> Flow: ...

    def on_response_complete(self) -> None: ...


class Cycle:
    """Implements `ports.Body` for one request."""

    __slots__ = (
        "_continue", "_event", "_line", "_more_body", "_parts", "_request", "_unread", "_version",
        "disconnected", "keep_alive", "response_complete",
    )  # fmt: skip

    def __init__(
        self, line: Line, request: Request, version: str, keep_alive: bool, expects_continue: bool
    ) -> None:
        self._line = line
        self._request = request
        self._version = version
        self._continue = expects_continue
        self._parts: list[bytes] = []
        self._unread = 0
        self._more_body = True
        self._event = _Flag()
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False

    async def run(self, answer_to: AnswerTo) -> None:
        """Has the request answered and writes the answer."""
        try:
            answer = await answer_to(self._request, self)
        except ClientGone:
            self._line.transport.close()
            return
        except Exception:
            logger.exception("a request was not answered")
            answer = self._failure("the gateway failed", self._request.headers)
        if self._line.flow.write_paused and not self.disconnected:
            await self._line.flow.drain()
        if answer.stream is not None:
            await self._write_stream(answer, answer.stream)
        elif not self.disconnected:
            self._write(answer)

    @property
    def is_whole(self) -> bool:
        """Whether all of the request has come."""
        return not self._more_body

    # the body, as it comes

    def feed(self, part: bytes) -> None:
        """Takes a part of the body; reading stops while more than the high water is unread."""
        self._parts.append(part)
        self._unread += len(part)
        if self._unread > HIGH_WATER_BYTES:
            self._line.flow.pause_reading()
        self._event.set()

    def end(self) -> None:
        """The body is whole."""
        self._more_body = False
        self._event.set()

    def disconnect(self) -> None:
        """The caller left: who waits for the body learns it, and nothing is written any more."""
        self.disconnected = True
        self._event.set()

    # the body, as it is asked for

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        """The whole body, as `ports.Body.read`; without a wait when it came with the head."""
        self._invite()
        if not self._more_body and len(self._parts) == 1:
            if len(self._parts[0]) > bytes_max:
                raise BodyTooLarge
            return self._parts[0]
        return await self._gather(bytes_max, timeout_s)

    async def next(self, timeout_s: float) -> bytes:
        """What has come of the body, as `ports.Body.next`."""
        self._invite()
        try:
            while not self._parts:
                if not self._more_body:
                    return b""
                if self.disconnected:
                    raise ClientGone
                async with asyncio.timeout(timeout_s):
                    await self._event.wait()
        except TimeoutError:
            raise BodyTimeout from None
        return self._take()

    def _invite(self) -> None:
        """Tells a caller who waits for leave to send its body that it may (RFC 9110 section 10.1.1)."""
        if self._continue and not self._line.transport.is_closing():
            self._line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._continue = False

    def _take(self) -> bytes:
        part = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts, self._unread = [], 0
        if self._more_body:
            self._line.flow.resume_reading()
        return part

    async def _gather(self, bytes_max: int, timeout_s: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    whole = not self._more_body
                    parts += self._parts
                    size += self._unread
                    self._parts, self._unread = [], 0
                    if size > bytes_max:
                        raise BodyTooLarge
                    if whole:
                        return b"".join(parts)
                    if self.disconnected:
                        raise ClientGone
                    self._line.flow.resume_reading()
                    await self._event.wait()
        except TimeoutError:
            raise BodyTimeout from None

    # the answer

    def _failure(self, detail: str, lines: Headers) -> Answer:
        """The answer when there is no other; keeps the identifier that `lines` hold, if they do."""
        given = next((value for name, value in lines if name == correlation.HEADER), None)
        reject = Reject("internal_error", detail, headers=(_CLOSE,))
        correlation_id = correlation.accept(given) or str(uuid.uuid4())
        answer = problem_answer(reject, correlation_id, self._request.path)
        answer.headers.append((b"content-length", b"%d" % len(answer.body)))
        return answer

    def _head(self, answer: Answer) -> bytes | None:
        """The head of an answer, without the empty line; None when it holds a control character."""
        lines = answer.headers
        if _CLOSE in lines:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(_CLOSE)
        head = b"".join([name + b": " + value + b"\r\n" for name, value in lines])
        # All line feeds are ours when there are two control characters to each line and no more.
        if len(head) - len(head.translate(None, _CONTROLS)) != 2 * len(lines):
            logger.error("a header line of the answer holds a control character")
            return None
        return STATUS_LINES[answer.status] + head

    def _write(self, answer: Answer) -> None:
        head = self._head(answer)
        if head is None:
            self._write(self._failure("the answer cannot be sent", answer.headers))
            return
        bodiless = answer.status in _BODILESS or self._request.method == "HEAD"
        self._line.transport.write(head + b"\r\n" + (b"" if bodiless else answer.body))
        self._complete()

    async def _write_stream(self, answer: Answer, stream: AnswerStream) -> None:
        """Writes the parts as they come; one that does not come whole ends with the connection."""
        whole = False
        try:
            if self.disconnected or self._line.transport.is_closing():
                return
            sized = any(name == b"content-length" for name, _ in answer.headers)
            chunked = not sized and self._version == "1.1"
            if chunked:
                answer.headers.append(_CHUNKED)
            elif not sized:
                self.keep_alive = False
            head = self._head(answer)
            if head is None:
                self._write(self._failure("the answer cannot be sent", []))
                whole = True
                return
            self._line.transport.write(head + b"\r\n")
            while part := await stream.next():
                await self._line.flow.drain()
                if self._line.transport.is_closing():
                    return
                self._line.transport.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if chunked:
                self._line.transport.write(b"0\r\n\r\n")
            whole = True
            self._complete()
        except Exception as error:
            logger.info("a streamed answer ended early: %s", error)
        finally:
            stream.close()
            if not whole:
                # The caller must not take what came for the whole: no last chunk, no full length.
                self._line.transport.abort()

    def _complete(self) -> None:
        self.response_complete = True
        self._event.set()
        if not self.keep_alive:
            self._line.transport.close()
        self._line.on_response_complete()


class _Flag:
    """An event that costs nothing until somebody waits: most bodies are whole before they are read."""

    __slots__ = ("_future",)

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Wakes who waits."""
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    async def wait(self) -> None:
        """Until the next `set`; what was set before counts for nothing."""
        self._future = asyncio.get_running_loop().create_future()
        try:
            await self._future
        finally:
            self._future = None
