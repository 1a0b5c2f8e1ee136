"""The outermost ASGI layer: correlation identifiers, body bounds, and the last resort for failures."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.config import Limits
from registry.errors import BadRequest, BodyTooLarge, RegistryError
from registry.usecases.denials import DenialLog
from registry.web.denials import caller_of, record_afterwards
from registry.web.problems import CORRELATION, encoded, plain_problem, problem_of
from registry.web.ui import ui_headers
from specs.problem_details import CONTENT_TYPE, ProblemDetails

LOG = logging.getLogger("registry.web")
IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,64}")
CONTROL = frozenset(chr(code) for code in (*range(0x20), 0x7F))
SINGLE_HEADERS = ("Authorization", "Content-Type", "Content-Length")
HEADERS = {"x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Door:
    """Wraps the application; the body is counted as it is read, so nothing above the bound is kept."""

    app: ASGIApp
    limits: Limits
    denials: DenialLog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sender = sender_for(scope, send)
        caller_of(scope)
        try:
            refuse_control_characters(scope["path"])
            refuse_repeated(headers)
            bytes_max = body_bytes_max(scope, self.limits)
            refuse_declared(headers, bytes_max)
            await self.app(scope, counted(receive, bytes_max), sender.send)
        except RegistryError as error:
            problem, more = problem_of(error, scope)
            await sender.answer(problem, more)
        except Exception as error:
            LOG.error("request %s failed", scope[CORRELATION], exc_info=error)
            await sender.answer(plain_problem(500, scope), {})
        await record_afterwards(scope, self.denials)


class Sender:
    """Sends on, with the headers every answer has; knows whether an answer has begun."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self._begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._begun = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers[name] = value
        await self._send(message)

    async def answer(self, problem: ProblemDetails, headers: dict[str, str]) -> None:
        """The problem, unless an answer has begun already; then only breaking off is left."""
        if self._begun:
            raise ConnectionAbortedError("the answer had begun when the request failed")
        body = encoded(problem)
        pairs = [("content-type", CONTENT_TYPE), ("content-length", str(len(body))), *headers.items()]
        await self.send(
            {
                "type": "http.response.start",
                "status": problem.status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in pairs],
            }
        )
        await self.send({"type": "http.response.body", "body": body})


def sender_for(scope: Scope, send: Send) -> Sender:
    """Gives the request its correlation identifier, which every answer has."""
    scope[CORRELATION] = correlation_id(Headers(scope=scope).get("x-correlation-id"))
    return Sender(send, {**HEADERS, **ui_headers(scope["path"]), "x-correlation-id": scope[CORRELATION]})


def correlation_id(given: str | None) -> str:
    """The caller's identifier when it is harmless, a fresh one otherwise."""
    return given if given is not None and IDENTIFIER.fullmatch(given) else str(uuid.uuid4())


def refuse_control_characters(path: str) -> None:
    """No address of ours has one, and routers disagree about them (a line end is no ``.`` to a pattern)."""
    if not CONTROL.isdisjoint(path):
        raise BadRequest("request_invalid", "The address holds a control character.")


def refuse_repeated(headers: Headers) -> None:
    """A header that decides has one value (RFC 9110 section 5.3); readers differ in which line they take."""
    for name in SINGLE_HEADERS:
        if len(headers.getlist(name)) > 1:
            raise BadRequest("request_invalid", f"The request has two {name} headers; send one.")


def body_bytes_max(scope: Scope, limits: Limits) -> int:
    """How large a body this address takes."""
    path = scope["path"]
    if path.startswith("/oauth/"):
        return limits.token_body_bytes_max
    if path.endswith(("/versions", "/publications", "/compatibility-checks", "/changes", "/proposal")):
        return limits.documents_body_bytes_max
    if path.endswith(("/usage", "/drift")):
        return limits.batch_body_bytes_max
    return limits.body_bytes_max


def refuse_declared(headers: Headers, bytes_max: int) -> None:
    """Refuses by Content-Length before a byte is read."""
    declared = headers.get("content-length")
    if declared is None:
        return
    if not (declared.isascii() and declared.isdigit()):
        raise BadRequest("request_invalid", "Content-Length is not a number.")
    if len(declared) > 18 or int(declared) > bytes_max:
        raise too_large(bytes_max)


def too_large(bytes_max: int) -> BodyTooLarge:
    """The refusal, with the bound."""
    return BodyTooLarge("body_too_large", f"The body may have {bytes_max} bytes at most.")


def counted(receive: Receive, bytes_max: int) -> Receive:
    """Receives on, and raises once more has come than is allowed."""
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > bytes_max:
            raise too_large(bytes_max)
        return message

    return receive_counted
