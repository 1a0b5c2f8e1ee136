"""One request on a connection and its answer: reads the body when it is asked for, writes the answer at once.

Takes the place of uvicorn's request-response cycle: no messages pass between the server and the exchange,
so an exchange costs one task and one system call for its answer. What uvicorn checks is checked here: no
control character leaves in a head, the length is that of the body, nothing is written to a caller who left.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.answers import problem_answer
from gateway.exchange import BodyTimeout, BodyTooLarge, ClientGone
from gateway.model import Answer, Headers, Reject, Request
from gateway.policies import correlation
from gateway.ports import Body

logger = logging.getLogger("pactolus.gateway")
AnswerTo = Callable[[Request, Body], Awaitable[Answer]]
_BODILESS = frozenset({204, 304})
_CONTROLS = bytes({*range(0x20), 0x7F} - {0x09})
_CLOSE = (b"connection", b"close")


class Line(Protocol):
    """The connection as a cycle sees it."""

    transport: asyncio.Transport
    flow: FlowControl

    def on_response_complete(self) -> None: ...


class Cycle:
    """Implements `ports.Body` for one request; uvicorn reads `response_complete` and sets `disconnected`."""

    __slots__ = (
        "_continue", "_line", "_request", "_unread", "body", "disconnected", "keep_alive", "message_event",
        "more_body", "response_complete",
    )  # fmt: skip

    def __init__(self, line: Line, request: Request, keep_alive: bool, expects_continue: bool) -> None:
        self._line = line
        self._request = request
        self._continue = expects_continue
        self.keep_alive = keep_alive
        self.body: list[bytes] = []
        self._unread = 0
        self.more_body = True
        self.message_event = _Flag()
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
        if not self.disconnected:
            self._write(answer)

    def feed(self, part: bytes) -> None:
        """Takes a part of the body; reading stops while more than the server's high water is unread."""
        self.body.append(part)
        self._unread += len(part)
        if self._unread > HIGH_WATER_LIMIT:
            self._line.flow.pause_reading()
        self.message_event.set()

    def end(self) -> None:
        """The body is whole."""
        self.more_body = False
        self.message_event.set()

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        """The whole body, as `ports.Body.read`; without a wait when it came with the head."""
        if self._continue and not self._line.transport.is_closing():
            self._line.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._continue = False
        if not self.more_body and len(self.body) == 1:
            if len(self.body[0]) > bytes_max:
                raise BodyTooLarge
            return self.body[0]
        return await self._gather(bytes_max, timeout_s)

    async def _gather(self, bytes_max: int, timeout_s: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    whole = not self.more_body
                    parts += self.body
                    size += self._unread
                    self.body, self._unread = [], 0
                    if size > bytes_max:
                        raise BodyTooLarge
                    if whole:
                        return b"".join(parts)
                    if self.disconnected:
                        raise ClientGone
                    self._line.flow.resume_reading()
                    await self.message_event.wait()
        except TimeoutError:
            raise BodyTimeout from None

    def _failure(self, detail: str, lines: Headers) -> Answer:
        """The answer when there is no other; keeps the identifier that `lines` hold, if they do."""
        given = next((value for name, value in lines if name == correlation.HEADER), None)
        reject = Reject("internal_error", detail, headers=(_CLOSE,))
        correlation_id = correlation.accept(given) or str(uuid.uuid4())
        answer = problem_answer(reject, correlation_id, self._request.path)
        answer.headers.append((b"content-length", b"%d" % len(answer.body)))
        return answer

    def _write(self, answer: Answer) -> None:
        lines, body, status = answer.headers, answer.body, answer.status
        if _CLOSE in lines:
            self.keep_alive = False
        elif not self.keep_alive:
            lines.append(_CLOSE)
        if status in _BODILESS or self._request.method == "HEAD":
            body = b""
        head = b"".join([name + b": " + value + b"\r\n" for name, value in lines])
        # All line feeds are ours when there are two control characters to each line and no more.
        if len(head) - len(head.translate(None, _CONTROLS)) != 2 * len(lines):
            logger.error("a header line of the answer holds a control character")
            self._write(self._failure("the answer cannot be sent", lines))
            return
        self._line.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        self.response_complete = True
        self.message_event.set()
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
