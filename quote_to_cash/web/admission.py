"""How many requests a service holds at once: beyond that it says so, instead of letting a queue grow."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from quote_to_cash.config import CORRELATION_ID_CHARACTERS_MAX, RETRY_AFTER_S
from specs.problem_details import CONTENT_TYPE, ProblemDetails

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class Admission:
    """An ASGI application that lets ``requests_max`` requests in and answers 503 to the next."""

    def __init__(self, application: Application, requests_max: int) -> None:
        self._application = application
        self._requests_max = requests_max
        self._inside = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI entry; the event loop runs it in one thread, so the count needs no lock."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if self._inside >= self._requests_max:
            await refuse(scope, send)
            return
        self._inside += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._inside -= 1


async def refuse(scope: Message, send: Send) -> None:
    """503, whatever was asked."""
    problem = ProblemDetails(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "service_busy",
        "The service has as many requests as it can hold; try again shortly.",
        correlation_id=_correlation_id(scope),
        retryable=True,
    )
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"retry-after", str(RETRY_AFTER_S).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": encoded(problem)})


def encoded(problem: ProblemDetails) -> bytes:
    """The body of a problem."""
    return json.dumps(problem.as_json()).encode()


def _correlation_id(scope: Message) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-correlation-id" and value.isascii() and len(value) <= CORRELATION_ID_CHARACTERS_MAX:
            return str(value.decode("ascii"))
    return None
