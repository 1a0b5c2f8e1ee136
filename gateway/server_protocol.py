"""uvicorn's HTTP/1.1 protocol with what it lacks at a public door: a bounded head, in size and in time.

A head that is too large is answered 431, one that does not come 408, and what is not HTTP 400, all as problem
details and with the connection closed, since what follows on it cannot be trusted (RFC 9112 section 11.2).
Trailer fields decide nothing: they are dropped (RFC 9110 section 6.5.1), and what frames a body, chunk lines
and trailers, is bounded by what it frames. A body that nobody wants any more, its request being answered, may
end within a bound of bytes and of time; then the connection ends (RFC 9112 section 9.3).
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections import deque
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.answers import problem_answer
from gateway.config import Limits, Timeouts
from gateway.model import Reject, Request
from gateway.server_cycle import AnswerTo, Cycle

HEADERS_MAX = 128
VERSIONS = frozenset({"1.0", "1.1"})
FRAMING_PER_BYTE = 8
_HOST = re.compile(rb"(?:\[[0-9A-Fa-fv:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")


class BoundedHttpProtocol(HttpToolsProtocol):
    """Counts the bytes of a head that is not whole yet; its bounds are given by `bounded_protocol`."""

    limits: Limits
    timeouts: Timeouts
    answer_to: AnswerTo

    _rests_since = 0.0
    _head_bytes = 0
    _first_bytes = 0
    _read_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _head_open = False
    _body_open = False
    _framing_bytes = 0
    _unread_bytes = 0
    _unread_timer: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        self._queue: deque[Cycle] = deque()
        self._running: Cycle | None = None
        self._watch()
        if len(self.connections) > self.limits.connections_max:
            self._refuse("overloaded", "the gateway holds as many connections as it may")

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._end_unread()
        HttpToolsProtocol._unset_keepalive_if_required(self)
        for cycle in (self._running, *self._queue):
            if cycle is not None:
                cycle.disconnected = True
                cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        size = self._read_bytes = len(data)
        super().data_received(data)
        if self._head_open:
            self._head_bytes += size
            if self._head_bytes > self.limits.request_head_bytes_max:
                self._refuse("head_too_large", "the head of the request is too large")
            elif self._head_timer is None:
                self._watch()
        elif self._body_open:
            self._framing_bytes += size
            if self._framing_bytes > self.limits.framing_bytes_max:
                self._refuse("malformed_request", "the body is framed by more than it holds")

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_open = True
        # The read in which a head begins may hold the body before it: what it adds is not known until the
        # head is whole, and one read is bounded by the loop.
        self._first_bytes = self._read_bytes
        self._head_bytes = -self._read_bytes

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_open:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._head_open = False
        self._body_open = True
        self._framing_bytes = -self._read_bytes
        if self._head_timer is not None:
            self._unwatch()
        if len(self.headers) > HEADERS_MAX or self._is_head_too_large():
            self._refuse("head_too_large", "the head of the request is too large")
        elif self.parser.get_http_version() not in VERSIONS or not self._names_one_host():
            self._refuse("malformed_request", "the request is not well-formed HTTP/1.1")
        elif not self._refused:
            self._begin()

    def _begin(self) -> None:
        """Answers the request at once, or after those that came before it on the connection."""
        parser = self.parser
        path, query = _target(self.url)
        client = self.client[0] if self.client is not None else ""
        request = Request(parser.get_method().decode("ascii"), path, query, self.headers, client)
        keep_alive = parser.should_keep_alive() and parser.get_http_version() == "1.1"
        before = cast("Cycle | None", self.cycle)
        cycle = Cycle(cast("Any", self), request, keep_alive, self.expect_100_continue)
        self.cycle = cast("Any", cycle)
        if before is None or before.response_complete:
            self._answer(cycle)
        else:
            self.flow.pause_reading()
            self._queue.append(cycle)

    def _answer(self, cycle: Cycle) -> None:
        self._running = cycle
        task = self.loop.create_task(cycle.run(self.answer_to))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _names_one_host(self) -> bool:
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) != 1:
            return not hosts and self.parser.get_http_version() == "1.0"
        return _HOST.fullmatch(hosts[0]) is not None

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self._body_open and self.cycle.response_complete:
            self._unread_bytes = 0
            self._unread_timer = self.loop.call_later(self.timeouts.unread_body_s, self.transport.close)
        self.flow.resume_reading()
        if self._queue:
            self._answer(self._queue.popleft())
        else:
            self._rest()

    def _rest(self) -> None:
        """Nothing is under way: the connection is closed when nothing comes for long."""
        self._rests_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            # One timer outlives many requests: it looks at the clock when it fires.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeouts.caller_idle_s, self._look_at_rest
            )

    def _look_at_rest(self) -> None:
        self.timeout_keep_alive_task = None
        if self.transport.is_closing() or (self.cycle is not None and not self.cycle.response_complete):
            return
        left_s = self._rests_since + self.timeouts.caller_idle_s - self.loop.time()
        if self._head_open:
            left_s = self.timeouts.request_head_s
        if left_s > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left_s, self._look_at_rest)
        else:
            self.transport.close()

    def _unset_keepalive_if_required(self) -> None:
        """Called by uvicorn on each read: here the timer outlives the request and is ended with the line."""

    def _is_head_too_large(self) -> bool:
        # What came since the head began is the most it can be; only beyond the limit is it summed up.
        most = 2 * self._first_bytes + self._head_bytes + self._read_bytes
        if most <= self.limits.request_head_bytes_max:
            return False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > self.limits.request_head_bytes_max

    def on_body(self, body: bytes) -> None:
        self._framing_bytes -= (1 + FRAMING_PER_BYTE) * len(body)
        if self._refused:
            return
        if not self.cycle.response_complete:
            cast("Cycle", self.cycle).feed(body)
            return
        self._unread_bytes += len(body)
        if self._unread_bytes > self.limits.unread_bytes_max:
            self._refused = True
            self.transport.close()

    def on_message_complete(self) -> None:
        self._body_open = False
        self._end_unread()
        if not self._refused and not self.cycle.response_complete:
            cast("Cycle", self.cycle).end()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        self._refuse("malformed_request", "the request is not well-formed HTTP/1.1")

    def _end_unread(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _watch(self) -> None:
        self._head_timer = self.loop.call_later(self.timeouts.request_head_s, self._late)

    def _unwatch(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _late(self) -> None:
        self._head_timer = None
        if self._head_open:
            self._refuse("request_timeout", "the head of the request did not arrive in time")
        else:
            self.transport.close()

    def _refuse(self, code: str, detail: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        answer = problem_answer(Reject(code, detail), str(uuid.uuid4()), b"")
        lines = [
            *answer.headers,
            (b"connection", b"close"),
            (b"content-length", b"%d" % len(answer.body)),
        ]
        head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
        self.transport.write(STATUS_LINE[answer.status] + head + b"\r\n" + answer.body)
        self.transport.close()


def _target(url: bytes) -> tuple[bytes, bytes]:
    """Path and query of a request target, undecoded (RFC 9112 section 3.2)."""
    if url.startswith(b"/") and b"#" not in url:
        path, _, query = url.partition(b"?")
        return path, query
    parsed = httptools.parse_url(url)
    return parsed.path, parsed.query or b""


def bounded_protocol(limits: Limits, timeouts: Timeouts, answer_to: AnswerTo) -> type[asyncio.Protocol]:
    """A protocol class for `uvicorn.Config(http=...)` with these bounds."""
    members = {"limits": limits, "timeouts": timeouts, "answer_to": staticmethod(answer_to)}
    return type("GatewayHttpProtocol", (BoundedHttpProtocol,), members)
