"""uvicorn's HTTP/1.1 protocol, with problem details where the application is not reached."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from quote_to_cash.web.admission import Message, Receive, Send, encoded, refuse
from specs.problem_details import CONTENT_TYPE, ProblemDetails

NOT_HTTP = ProblemDetails(400, "request_malformed", "The request is not well-formed HTTP/1.1.")


class ProblemProtocol(HttpToolsProtocol):
    """What is not HTTP is answered 400, a connection too many 503; either ends the connection."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words say no more than ours
        """What follows on the connection cannot be trusted, so it is closed (RFC 9112 section 11.2)."""
        body = encoded(NOT_HTTP)
        head = f"content-type: {CONTENT_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[NOT_HTTP.status] + head.encode("ascii") + body)
        self.transport.close()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Where uvicorn answers 503 by itself, in plain text, answers ours."""
        chosen: Any = _refuse_connection if app is service_unavailable else app
        super()._start_asgi_task(cycle, chosen)


async def _refuse_connection(scope: Message, _receive: Receive, send: Send) -> None:
    await refuse(scope, send)
