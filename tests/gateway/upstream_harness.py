"""Systems behind that follow a script, and a pool of connections to one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from gateway.config import Limits, Timeouts
from gateway.model import UpstreamRequest
from gateway.upstream import UpstreamPool

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
QUICK = replace(Timeouts(), upstream_response_s=0.2, upstream_connect_s=0.5, upstream_wait_s=0.2)
SMALL = Limits(response_body_bytes_max=1000, response_head_bytes_max=500, connections_per_upstream_max=2,
               waiting_per_upstream_max=1)  # fmt: skip
GET = UpstreamRequest("GET", b"/x", [], b"")
POST = UpstreamRequest("POST", b"/x", [(b"content-type", b"text/plain")], b"body")


def scripted(*scripts: list[bytes | None]):
    """A server: one script per connection; an answer per request, None closes instead."""
    requests: list[bytes] = []
    connections = iter(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in next(connections, []):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"content-length: 4" in head:
                    head += await reader.readexactly(4)
            except asyncio.IncompleteReadError:
                break
            requests.append(head)
            if answer is None:
                break
            writer.write(answer)
            await writer.drain()
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    return serve, requests


def run(serve: Callable, scenario: Callable, limits: Limits = SMALL, timeouts: Timeouts = QUICK) -> None:
    handlers: list[asyncio.Task] = []

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        await serve(reader, writer)

    async def main() -> None:
        server = await asyncio.start_server(tracked, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        pool = UpstreamPool(f"http://127.0.0.1:{port}", limits, timeouts)
        try:
            await scenario(pool)
        finally:
            pool.close()
            server.close()
            await asyncio.gather(*handlers)
            await server.wait_closed()

    asyncio.run(main())


def closing_server(calls_per_connection: int, reads_one_more: bool):
    """Keeps connections for so many calls and ends them without a word, at once or on the next call."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(calls_per_connection + reads_one_more):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"content-length: 4" in head:
                    await reader.readexactly(4)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                break
            if number < calls_per_connection:
                writer.write(OK)
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])

    return serve
