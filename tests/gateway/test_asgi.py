"""The gateway under any ASGI server, where requests come as messages."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.config import FolderSource, GatewayConfig, Limits, Timeouts
from gateway.serve import create_app
from gateway.web import GatewayApp

CONTRACTS = Path(__file__).parent / "contracts"
ORDERS = "/system/orders/v1/orders"
ORDER = b'{"customer":"c-1","lines":[{"quantity":1}]}'
KEY = {"idempotency-key": "abcdefgh", "content-type": "application/json"}


@pytest.fixture
def app(told: dict[str, Any], upstream: Any, tmp_path: Path) -> GatewayApp:
    settings = tmp_path / "settings.yaml"
    settings.write_text(yaml.safe_dump(told))
    config = GatewayConfig(
        FolderSource(CONTRACTS, settings),
        {"orders.v1": upstream.url},
        limits=Limits(request_body_bytes_max=100),
        timeouts=Timeouts(request_body_s=0.05),
    )
    return create_app(config, io.BytesIO())


@asynccontextmanager
async def living(app: GatewayApp) -> AsyncIterator[None]:
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan"}, told.get, said.put))
    for step in ("startup", "shutdown"):
        await told.put({"type": f"lifespan.{step}"})
        assert (await said.get())["type"] == f"lifespan.{step}.complete"
        if step == "startup":
            yield
    await task


def call(app: GatewayApp, body: bytes | list[bytes], headers: dict[str, str]) -> httpx.Response:
    async def parts() -> AsyncIterator[bytes]:
        for part in body:
            yield part  # type: ignore[misc]

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with living(app), httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
            content = body if isinstance(body, bytes) else parts()
            return await client.post(ORDERS, content=content, headers=headers)

    return asyncio.run(run())


@pytest.mark.parametrize("body", [ORDER, [ORDER[:9], ORDER[9:20], ORDER[20:]]])
def test_a_body_reaches_the_system_behind_whole(app, upstream, read, body):
    upstream.answers(201, b'{"id":"1"}', location="/x")
    response = call(app, body, {**read, **KEY})
    assert (response.status_code, response.json()) == (201, {"id": "1"})
    assert response.headers["content-length"] == "10"
    assert upstream.seen[0].body == ORDER


@pytest.mark.parametrize("body", [b"x" * 101, [b"x" * 60] * 2])
def test_a_body_beyond_the_bound_is_413(app, upstream, read, body):
    response = call(app, body, {**read, **KEY})
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert upstream.seen == []


def messages(app: GatewayApp, read: dict[str, str], *given: dict[str, Any]) -> list[dict[str, Any]]:
    """What the gateway sends to a caller of which these messages come, and then none."""
    lines = [(name.encode(), value.encode()) for name, value in ({**read, **KEY}).items()]
    lines.append((b"transfer-encoding", b"chunked"))
    scope = {
        "type": "http", "method": "POST", "raw_path": ORDERS.encode(), "query_string": b"",
        "headers": lines, "client": None,
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        waiting = iter(given)

        async def receive() -> dict[str, Any]:
            message = next(waiting, None)
            return await asyncio.Future() if message is None else message

        async with living(app):
            await app(scope, receive, send)

    asyncio.run(run())
    return sent


PART = {"type": "http.request", "body": b"{", "more_body": True}


@pytest.mark.parametrize("given", [[], [PART]])
def test_a_body_that_does_not_come_is_408(app, upstream, read, given):
    sent = messages(app, read, *given)
    assert sent[0]["status"] == 408
    assert b'"request_timeout"' in sent[1]["body"]
    assert upstream.seen == []


def test_a_caller_who_hangs_up_is_not_answered(app, upstream, read):
    assert messages(app, read, PART, {"type": "http.disconnect"}) == []
    assert upstream.seen == []


def test_a_websocket_is_closed(app):
    sent: list[Any] = []

    async def never() -> Any:
        return await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        await app({"type": "websocket"}, never, send)

    asyncio.run(run())
    assert sent == [{"type": "websocket.close", "code": 1003}]
