"""uvicorn's HTTP/1.1 protocol, with problem details where the application is not reached, and a bounded head.

What follows on a connection that was refused cannot be trusted, so it is closed (RFC 9112 section 11.2).
"""

from __future__ import annotations

from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from registry.config import Limits
from registry.errors import Overloaded
from registry.web.door import HEADERS, correlation_id, sender_for
from registry.web.problems import CORRELATION, encoded, plain_problem, problem_of
from specs.problem_details import CONTENT_TYPE


class HeadTooLarge(Exception):
    """Ends the parsing of a head above the bound."""


def bounded_protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol with the bound of these limits; uvicorn makes one per connection and passes none."""

    class Protocol(ProblemProtocol):
        head_bytes_max = limits.head_bytes_max

    return Protocol


class ProblemProtocol(HttpToolsProtocol):
    """Counts what has come of a head that is not whole; httptools gathers a line of any length."""

    head_bytes_max: int
    _head_open = False
    _head_bytes = 0
    _too_large = False
    _came_bytes = 0
    """Of the data in hand, what is not body."""

    def data_received(self, data: bytes) -> None:
        self._came_bytes = len(data)
        super().data_received(data)
        if self._head_open and not self.transport.is_closing():
            self._head_bytes += self._came_bytes
            if self._head_bytes > self.head_bytes_max:
                self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_open, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._head_open = False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.head_bytes_max:
            self._too_large = True
            raise HeadTooLarge
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._came_bytes -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words say no more than ours
        self._refuse(431 if self._too_large else 400)

    def _refuse(self, status: int) -> None:
        identifier = correlation_id(None)
        body = encoded(plain_problem(status, {CORRELATION: identifier}))
        headers = {
            **HEADERS,
            "content-type": CONTENT_TYPE,
            "content-length": str(len(body)),
            "connection": "close",
            "x-correlation-id": identifier,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + lines.encode("ascii") + b"\r\n" + body)
        self.transport.close()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Where uvicorn answers 503 by itself, in plain text, answers ours."""
        chosen: Any = refuse_overloaded if app is service_unavailable else app
        super()._start_asgi_task(cycle, chosen)


async def refuse_overloaded(scope: Scope, _receive: Receive, send: Send) -> None:
    """503, whatever was asked."""
    sender = sender_for(scope, send)
    error = Overloaded("overloaded", "The registry works on as many requests as it can; try again.")
    problem, headers = problem_of(error, scope)
    await sender.answer(problem, {**headers, "connection": "close"})
