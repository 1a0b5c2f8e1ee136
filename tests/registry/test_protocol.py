"""What the server answers before the application sees a request: problem details there too."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from registry.config import Limits, RegistryConfig
from registry.serve import server_options

HEAD_BYTES_MAX = Limits().head_bytes_max
WHOLE = b"GET /registry/v1/health HTTP/1.1\r\nHost: registry.test\r\n"


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def application(_scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers 204."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def answered(*chunks: bytes, requests_max: int = 10) -> tuple[bytes, dict[str, str], bytes]:
    """Status line, headers and body of the answer to what comes in these chunks."""

    async def exchange() -> Wire:
        config = RegistryConfig("sqlite:///unused", concurrent_requests_max=requests_max)
        server = uvicorn.Config(application, lifespan="off", **server_options(config))
        server.load()
        state, wire = ServerState(), Wire()
        protocol_class: Any = server.http_protocol_class
        protocol = protocol_class(config=server, server_state=state, app_state={})
        protocol.connection_made(wire)
        for chunk in chunks:
            if not wire.closing:
                protocol.data_received(chunk)
        await asyncio.gather(*state.tasks)
        protocol.connection_lost(None)
        return wire

    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    wire = asyncio.run(exchange())
    head, _, body = wire.written.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    headers = dict(line.decode().lower().split(": ", 1) for line in lines)
    if status != b"HTTP/1.1 204 No Content":
        assert wire.closing
    return status, headers, body


def assert_problem(answer: tuple[bytes, dict[str, str], bytes], status: str, code: str) -> None:
    line, headers, body = answer
    assert line.decode().startswith(f"HTTP/1.1 {status} ")
    assert headers["content-type"] == "application/problem+json"
    assert (headers["connection"], int(headers["content-length"])) == ("close", len(body))
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (code, int(status))
    assert problem["correlationId"] == headers["x-correlation-id"]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /registry/v1/health HTTP/9.9\r\n\r\n",
        WHOLE + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        WHOLE + b"no colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_what_is_not_http_is_answered_by_a_problem(sent: bytes) -> None:
    assert_problem(answered(sent), "400", "request_invalid")


@pytest.mark.parametrize(
    "chunks",
    [
        (WHOLE + b"X-Long: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n",),
        (b"GET /" + b"a" * HEAD_BYTES_MAX + b" HTTP/1.1\r\n\r\n",),
        (WHOLE + b"X-Long: ", *[b"a" * 10_000] * (HEAD_BYTES_MAX // 10_000 + 1)),
        (WHOLE, *[b"X-More: a\r\n"] * (HEAD_BYTES_MAX // 11)),
    ],
)
def test_a_head_above_the_bound_is_431_before_it_is_whole(chunks: tuple[bytes, ...]) -> None:
    assert_problem(answered(*chunks), "431", "head_too_large")


def test_a_large_body_is_no_large_head() -> None:
    body = b"a" * (2 * HEAD_BYTES_MAX)
    post = b"POST / HTTP/1.1\r\nHost: registry.test\r\nContent-Length: %d\r\n\r\n" % len(body)

    for chunks in ((post + body,), (post, body), (post + body + b"GET / HT",)):
        assert answered(*chunks)[0] == b"HTTP/1.1 204 No Content"


def test_more_than_is_worked_on_at_a_time_is_503() -> None:
    answer = answered(WHOLE + b"\r\n", requests_max=1)

    assert_problem(answer, "503", "overloaded")
    assert int(answer[1]["retry-after"]) >= 1
