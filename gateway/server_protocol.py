"""HTTP/1.1 for callers: an asyncio protocol over llhttp (httptools), bounded in size and in time.

A head that is too large is answered 431, one that does not come 408, and what is not HTTP 400, all as problem
details and with the connection closed, since what follows on it cannot be trusted (RFC 9112 section 11.2).
Trailer fields decide nothing: they are dropped (RFC 9110 section 6.5.1), and what frames a body, chunk lines
and trailers, is bounded by what it frames. A body that nobody wants any more, its request being answered, may
end within a bound of bytes and of time; then the connection ends (RFC 9112 section 9.3). Pipelined requests
are answered in the order they came, one at a time.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import cast

import httptools

from gateway.answers import problem_answer
from gateway.config import Limits, Timeouts
from gateway.model import Reject, Request
from gateway.server_cycle import STATUS_LINES, AnswerTo, Cycle
from gateway.server_flow import Flow

HEADERS_MAX = 128
HOSTS_REMEMBERED_MAX = 64
VERSIONS = frozenset({"1.0", "1.1"})
FRAMING_PER_BYTE = 8
FRAMING_NAMES = frozenset({b"content-length", b"transfer-encoding"})
_HOST = re.compile(rb"(?:\[[0-9A-Fa-fv:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")


@dataclass(slots=True)
class Door:
    """What the connections of one server share."""

    limits: Limits
    timeouts: Timeouts
    answer_to: AnswerTo
    connections: set[ServerConnection] = field(default_factory=set)
    closing: bool = False
    hosts: set[bytes] = field(default_factory=set)
    """Host lines found well-formed, up to `HOSTS_REMEMBERED_MAX` of them."""

    def tasks(self) -> list[asyncio.Task[None]]:
        """Exchanges under way."""
        return [one.task for one in self.connections if one.task is not None and not one.task.done()]


class ServerConnection(asyncio.Protocol):
    """One caller's connection: reads requests, has each answered, keeps within the bounds of its door."""

    __slots__ = (
        "_body_follows", "_body_open", "_client", "_cycle", "_door", "_expects_continue", "_first_bytes",
        "_flow", "_framing_bytes", "_head_bytes", "_head_open", "_head_timer", "_headers", "_idle_timer",
        "_limits", "_loop", "_parser", "_queue", "_read_bytes", "_refused", "_rests_since", "_running",
        "_timeouts", "_transport", "_unread_bytes", "_unread_timer", "_url", "task",
    )  # fmt: skip

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        self._door = door
        self._limits = door.limits
        self._timeouts = door.timeouts
        self._loop = loop
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[Cycle] = deque()
        self._cycle: Cycle | None = None
        self.task: asyncio.Task[None] | None = None
        self._running: Cycle | None = None
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._expects_continue = False
        self._rests_since = 0.0
        self._head_bytes = self._first_bytes = self._read_bytes = self._framing_bytes = self._unread_bytes = 0
        self._head_open = self._body_open = self._body_follows = self._refused = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._flow = Flow(self._transport)
        peer = transport.get_extra_info("peername")
        self._client = peer[0] if isinstance(peer, tuple) else ""
        self._door.connections.add(self)
        self._watch()
        if len(self._door.connections) > self._limits.connections_max:
            self._refuse("overloaded", "the gateway holds as many connections as it may")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._door.connections.discard(self)
        for timer in (self._head_timer, self._idle_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        for cycle in (self._running, *self._queue):
            if cycle is not None:
                cycle.disconnect()
        self._flow.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        size = self._read_bytes = len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._refuse("malformed_request", "the request is not well-formed HTTP/1.1")
        if self._head_open:
            self._head_bytes += size
            if self._head_bytes > self._limits.request_head_bytes_max:
                self._refuse("head_too_large", "the head of the request is too large")
            elif self._head_timer is None:
                self._watch()
        elif self._body_open:
            self._framing_bytes += size
            if self._framing_bytes > self._limits.framing_bytes_max:
                self._refuse("malformed_request", "the body is framed by more than it holds")

    def _feed(self, data: bytes | memoryview) -> None:
        while data:
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # No other protocol is spoken here. The parser takes the request to end with its head.
                if not self._body_follows:
                    if self._cycle is not None:
                        self._cycle.keep_alive = False
                    return
                # A caller may ask for another protocol and send a body all the same, which is then read as
                # HTTP/1.1 (RFC 9110 section 7.8): by a parser that was asked for nothing.
                self._parser = httptools.HttpRequestParser(self)
                framing = [line for line in self._headers if line[0] in FRAMING_NAMES]
                lines = b"".join(name + b": " + value + b"\r\n" for name, value in framing)
                self._parser.feed_data(b"POST / HTTP/1.1\r\n" + lines + b"\r\n")
                self._body_follows = False
                data = memoryview(data)[upgrade.args[0] :]

    def pause_writing(self) -> None:
        self._flow.pause_writing()

    def resume_writing(self) -> None:
        self._flow.resume_writing()

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self._body_follows:
            return
        self._url = b""
        self._headers = []
        self._expects_continue = False
        self._head_open = True
        # The read in which a head begins may hold the body before it: what it adds is not known until the
        # head is whole, and one read is bounded by the loop.
        self._first_bytes = self._read_bytes
        self._head_bytes = -self._read_bytes

    def on_url(self, url: bytes) -> None:
        if not self._body_follows:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_open:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self._expects_continue = True
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._body_follows:
            return
        self._head_open = False
        self._body_open = True
        self._framing_bytes = -self._read_bytes
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        version = self._parser.get_http_version()
        if len(self._headers) > HEADERS_MAX or self._is_head_too_large():
            self._refuse("head_too_large", "the head of the request is too large")
        elif (
            version not in VERSIONS or not self._names_one_host(version) or not self._is_framed_once(version)
        ):
            self._refuse("malformed_request", "the request is not well-formed HTTP/1.1")
        elif not self._refused:
            self._body_follows = self._parser.should_upgrade() and self._announces_body()
            self._begin(version)

    def on_body(self, body: bytes) -> None:
        self._framing_bytes -= (1 + FRAMING_PER_BYTE) * len(body)
        cycle = self._cycle
        if self._refused or cycle is None:
            return
        if not cycle.response_complete:
            cycle.feed(body)
            return
        self._unread_bytes += len(body)
        if self._unread_bytes > self._limits.unread_bytes_max:
            self._refused = True
            self._transport.close()

    def on_message_complete(self) -> None:
        if self._body_follows:
            return
        self._body_open = False
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        if not self._refused and self._cycle is not None and not self._cycle.response_complete:
            self._cycle.end()

    # requests and answers

    def _begin(self, version: str) -> None:
        """Answers the request at once, or after those that came before it on the connection."""
        path, query = _target(self._url)
        request = Request(self._parser.get_method().decode("ascii"), path, query, self._headers, self._client)
        keep_alive = version == "1.1" and not self._door.closing and self._parser.should_keep_alive()
        before = self._cycle
        cycle = Cycle(self, request, version, keep_alive, self._expects_continue)
        self._cycle = cycle
        if before is None or before.response_complete:
            self._answer(cycle)
        else:
            self._flow.pause_reading()
            self._queue.append(cycle)

    def _answer(self, cycle: Cycle) -> None:
        self._running = cycle
        self.task = self._loop.create_task(cycle.run(self._door.answer_to))

    def _names_one_host(self, version: str) -> bool:
        host = None
        for name, value in self._headers:
            if name == b"host":
                if host is not None:
                    return False
                host = value
        if host is None:
            return version == "1.0"
        known = self._door.hosts
        if host in known:
            return True
        if _HOST.fullmatch(host) is None:
            return False
        if len(known) < HOSTS_REMEMBERED_MAX:
            known.add(host)
        return True

    def _is_framed_once(self, version: str) -> bool:
        # Any other coding than chunked, and chunked twice, is read differently by different servers
        # (RFC 9112 sections 6.1, 7.4); HTTP/1.0 has none.
        codings = [value.lower() for name, value in self._headers if name == b"transfer-encoding"]
        return not codings or (version == "1.1" and codings == [b"chunked"])

    def _announces_body(self) -> bool:
        announced = {name for name, value in self._headers if name in FRAMING_NAMES and value.strip(b" 0")}
        return bool(announced) and self._parser.get_method() != b"CONNECT"

    def _is_head_too_large(self) -> bool:
        # What came since the head began is the most it can be; only beyond the limit is it summed up.
        most = 2 * self._first_bytes + self._head_bytes + self._read_bytes
        if most <= self._limits.request_head_bytes_max:
            return False
        size = len(self._url) + sum(len(name) + len(value) for name, value in self._headers)
        return size > self._limits.request_head_bytes_max

    # the connection as a cycle sees it

    @property
    def transport(self) -> asyncio.Transport:
        """Where answers are written."""
        return self._transport

    @property
    def flow(self) -> Flow:
        """Both directions under pressure."""
        return self._flow

    def on_response_complete(self) -> None:
        """An answer has been written whole; the next request is taken up, or the connection rests."""
        if self._transport.is_closing():
            return
        if self._body_open and self._cycle is not None and self._cycle.response_complete:
            self._unread_bytes = 0
            self._unread_timer = self._loop.call_later(self._timeouts.unread_body_s, self._transport.close)
        self._flow.resume_reading()
        if self._queue:
            self._answer(self._queue.popleft())
        else:
            self._rest()

    def shutdown(self) -> None:
        """Ends the connection: at once where nothing is under way, else with the answer."""
        if self._cycle is None or self._cycle.response_complete:
            self._transport.close()
        else:
            self._cycle.keep_alive = False

    # bounds of time

    def _rest(self) -> None:
        """Nothing is under way: the connection is closed when nothing comes for long."""
        self._rests_since = self._loop.time()
        if self._idle_timer is None:
            # One timer outlives many requests: it looks at the clock when it fires.
            self._idle_timer = self._loop.call_later(self._timeouts.caller_idle_s, self._look_at_rest)

    def _look_at_rest(self) -> None:
        self._idle_timer = None
        if self._transport.is_closing() or (self._cycle is not None and not self._cycle.response_complete):
            return
        left_s = self._rests_since + self._timeouts.caller_idle_s - self._loop.time()
        if self._head_open:
            left_s = self._timeouts.request_head_s
        if left_s > 0:
            self._idle_timer = self._loop.call_later(left_s, self._look_at_rest)
        else:
            self._transport.close()

    def _watch(self) -> None:
        self._head_timer = self._loop.call_later(self._timeouts.request_head_s, self._late)

    def _late(self) -> None:
        self._head_timer = None
        if self._head_open:
            self._refuse("request_timeout", "the head of the request did not arrive in time")
        else:
            self._transport.close()

    def _refuse(self, code: str, detail: str) -> None:
        if self._refused or self._transport.is_closing():
            return
        self._refused = True
        cycle = self._cycle
        if cycle is not None and not cycle.is_whole and self._queue:
            # What came off is the body of the last of several: those before it are not.
            self._queue.pop()
            cycle = self._cycle = self._queue[-1] if self._queue else self._running
        if cycle is not None and not cycle.response_complete and cycle.is_whole:
            # Requests that came whole before this are answered in their turn; a caller who pipelines would
            # take this refusal for the answer to one of them.
            cycle.keep_alive = False
            return
        answer = problem_answer(Reject(code, detail), str(uuid.uuid4()), b"")
        lines = [
            *answer.headers,
            (b"connection", b"close"),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
        self._transport.write(STATUS_LINES[answer.status] + head + b"\r\n" + answer.body)
        self._transport.close()


def _target(url: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target, undecoded (RFC 9112 section 3.2)."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path, parsed.query or b""
