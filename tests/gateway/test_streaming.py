"""Bodies that no schema describes pass as they come: in bounded memory, both ways, through both doors."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.config import FolderSource, GatewayConfig, Limits, Timeouts
from tests.gateway.conftest import DOORS

CONTRACT = Path(__file__).parent / "contracts_streaming.yaml"
PART = bytes(range(256)) * 256
BASE = "/system/files/v1"
OCTETS = {"content-type": "application/octet-stream"}


class Files:
    """A system behind that reads and writes streams; `release` lets the feed go on."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.parts_sent = 0
        self.left = False
        self.refuses = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        query = dict(part.split("=") for part in scope["query_string"].decode().split("&") if part)
        if scope["method"] == "PUT":
            await self._take(receive, send)
        elif scope["path"].endswith("/feed"):
            await self._feed(send)
        else:
            await self._give(send, scope["path"].rpartition("/")[2], query)

    async def _take(self, receive: Any, send: Any) -> None:
        digest, size, more = hashlib.sha256(), 0, not self.refuses
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left = True
                return
            digest.update(message.get("body", b""))
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        body = json.dumps({"bytes": size, "sha256": digest.hexdigest()}).encode()
        lines = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    async def _give(self, send: Any, name: str, query: dict[str, str]) -> None:
        parts = int(name.split("-")[1])
        lines = [(b"content-type", b"application/octet-stream")]
        if name.startswith("sized"):
            lines.append((b"content-length", b"%d" % (parts * len(PART))))
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        for _ in range(parts):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
            self.parts_sent += 1
        if name.startswith("broken"):
            raise RuntimeError("the system behind broke off")
        await send({"type": "http.response.body", "body": b""})

    async def _feed(self, send: Any) -> None:
        lines = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": b"data: one\n\n", "more_body": True})
        await self.release.wait()
        await send({"type": "http.response.body", "body": b"data: two\n\n", "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def files(serve: Callable[[Any], str]) -> Files:
    app = Files()
    app.url = serve(app)  # type: ignore[attr-defined]
    return app


def write_source(folder: Path, jwks: dict[str, Any]) -> FolderSource:
    (folder / "contracts").mkdir()
    (folder / "contracts" / "files.v1.openapi.yaml").write_bytes(CONTRACT.read_bytes())
    settings = folder / "settings.yaml"
    issuer = {"issuer": "https://issuer.test", "jwks": jwks}
    settings.write_text(yaml.safe_dump({"issuer": issuer, "consumers": []}))
    return FolderSource(folder / "contracts", settings)


@pytest.fixture(params=["own", "asgi"])
def door(request: pytest.FixtureRequest, files: Any, tokens: Any, tmp_path: Path) -> Iterator[Any]:
    config = GatewayConfig(
        write_source(tmp_path, tokens.jwks),
        {"files.v1": files.url},
        port=0,
        timeouts=Timeouts(flush_interval_s=0.05, upstream_stream_idle_s=5),
        limits=Limits(streamed_body_bytes_max=64 * 1024 * 1024),
    )
    log = io.BytesIO()
    server = DOORS[request.param](config, log)
    server.log = log  # type: ignore[union-attr]
    yield server
    server.stop()


def logged(door: Any, count: int = 1) -> list[dict[str, Any]]:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        lines = [json.loads(line) for line in door.log.getvalue().splitlines()]
        if len(lines) >= count:
            return lines
        time.sleep(0.02)
    raise AssertionError("the exchange was not logged")


@pytest.mark.parametrize("sized", [True, False])
def test_a_large_body_reaches_the_system_behind_byte_for_byte(door: Any, sized: bool) -> None:
    content = PART * 40
    given = content if sized else (content[at : at + 100_000] for at in range(0, len(content), 100_000))
    answer = httpx.put(f"{door.url}{BASE}/files/a", content=given, headers=OCTETS)

    assert answer.json() == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    line = logged(door)[0]
    assert (line["bytesIn"], line["notValidated"]) == (len(content), ["request body"])


@pytest.mark.parametrize("name", ["sized-40", "chunked-40"])
def test_a_large_answer_reaches_the_caller_byte_for_byte(door: Any, name: str) -> None:
    answer = httpx.get(f"{door.url}{BASE}/files/{name}")

    assert answer.content == PART * 40
    assert ("content-length" in answer.headers) == name.startswith("sized")
    line = logged(door)[0]
    assert (line["bytesOut"], line["notValidated"]) == (len(PART) * 40, ["response body"])


def test_a_short_answer_is_read_whole(door: Any) -> None:
    assert httpx.get(f"{door.url}{BASE}/files/sized-1").content == PART
    assert "notValidated" not in logged(door)[0]


def test_an_answer_that_breaks_off_is_not_taken_for_whole(door: Any) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{door.url}{BASE}/files/broken-8")


def test_an_answer_beyond_the_bound_is_cut_off(door: Any) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{door.url}{BASE}/files/chunked-1100")


def test_events_reach_the_caller_as_they_happen(door: Any, files: Files) -> None:
    with httpx.stream("GET", f"{door.url}{BASE}/feed") as answer:
        parts = answer.iter_raw()
        assert next(parts) == b"data: one\n\n"
        assert files.loop is not None
        files.loop.call_soon_threadsafe(files.release.set)
        assert b"".join(parts) == b"data: two\n\n"


def test_a_caller_who_reads_slowly_holds_the_system_behind_back(door: Any, files: Files) -> None:
    with socket.create_connection(("127.0.0.1", door.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sendall(f"GET {BASE}/files/chunked-900 HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        before, since = -1, time.monotonic()
        while files.parts_sent != before and time.monotonic() < since + 10:
            before = files.parts_sent
            time.sleep(0.3)
        assert 0 < files.parts_sent < 600  # the rest waits: kernel buffers and ours are full


def test_a_caller_who_leaves_amid_its_body_ends_the_call_behind(door: Any, files: Files) -> None:
    head = f"PUT {BASE}/files/a HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n"
    with socket.create_connection(("127.0.0.1", door.port)) as connection:
        connection.sendall(head.encode() + b"content-length: 9000000\r\n\r\n" + PART)
        time.sleep(0.1)
    end = time.monotonic() + 5
    while not files.left and time.monotonic() < end:
        time.sleep(0.02)
    assert files.left


def test_a_body_off_contract_is_refused_unread(door: Any, files: Files) -> None:
    answer = httpx.put(
        f"{door.url}{BASE}/files/a?x=1",
        content=PART * 2,
        headers=OCTETS,
    )

    assert answer.status_code == 422
    assert not files.parts_sent
