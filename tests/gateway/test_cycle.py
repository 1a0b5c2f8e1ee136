"""One request on a connection, without a socket: what leaves when nothing else can."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from gateway.model import Answer, Request
from gateway.ports import Body
from gateway.server_cycle import Cycle
from gateway.server_flow import Flow


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Connection:
    """The connection as a cycle sees it."""

    def __init__(self) -> None:
        self.transport = Transport()
        self.flow = Flow(self.transport)

    def on_response_complete(self) -> None:
        return


async def fails(request: Request, body: Body) -> Answer:
    raise RuntimeError("secret")


async def answers_with_a_control_character(request: Request, body: Body) -> Answer:
    return Answer(200, [(b"x", b"secret\r\nset-cookie: y"), *request.headers], b"secret")


@pytest.mark.parametrize("answer_to", [fails, answers_with_a_control_character])
@pytest.mark.parametrize("given", [b"order.2026-1", None, b"not well-formed"])
def test_a_gateway_that_cannot_answer_says_so_under_a_correlation_id(
    answer_to: Callable[[Request, Body], Awaitable[Answer]], given: bytes | None
) -> None:
    lines = [] if given is None else [(b"x-correlation-id", given)]
    connection = Connection()
    cycle = Cycle(
        connection, Request("GET", b"/a", b"", lines), "1.1", keep_alive=True, expects_continue=False
    )
    asyncio.run(cycle.run(answer_to))

    head, _, body = connection.transport.written.partition(b"\r\n\r\n")
    problem = json.loads(body)
    sent = [line.partition(b": ")[2] for line in head.split(b"\r\n") if line.startswith(b"x-correlation-id")]
    assert head.startswith(b"HTTP/1.1 500 ")
    assert problem["code"] == "internal_error"
    assert sent == [problem["correlationId"].encode()]
    assert len(sent[0]) == 36 or sent[0] == given == b"order.2026-1"
    assert b"content-length: %d" % len(body) in head
    assert b"secret" not in connection.transport.written
    assert connection.transport.closed
