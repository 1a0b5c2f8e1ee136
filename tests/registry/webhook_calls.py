"""A receiver of webhooks on loopback, and a worker that a test tells when to work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from registry.config import WebhookPolicy
from registry.delivery.worker import Worker
from registry.serve import services_of
from registry.usecases.services import Services
from tests.registry.harness import FakeReader, RegistryUnderTest, fake_judge

LOOPBACK = WebhookPolicy(allowed_networks=("127.0.0.0/8",))


@dataclass
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers by path: a status, or whatever the function of a path writes itself."""

    server: ThreadingHTTPServer
    requests: list[Received] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def to(self, path: str) -> list[Received]:
        return [one for one in self.requests if one.path == path]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server on a free port, closed at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.requests.append(Received(self.path, dict(self.headers), body))
            if self.path in made.answers:
                made.answers[self.path](self)
                return
            status = made.statuses.get(self.path, 200)
            answer = f"status {status}".encode()
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", made.url("/elsewhere"))
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def services(registry: RegistryUnderTest) -> Services:
    """What the registry under test works with, for a worker beside it."""
    return services_of(
        registry.config,
        store=registry.store,
        reader=FakeReader(),
        judging=fake_judge,
        clock=registry.clock,
    )


def working(registry: RegistryUnderTest, play: Callable[[Worker], Awaitable[None]], **options: Any) -> None:
    """Runs a play with a worker, and closes it."""

    async def whole() -> None:
        worker = Worker(services(registry), **options)
        try:
            await play(worker)
        finally:
            await worker.close()

    asyncio.run(whole())


def deliver(registry: RegistryUnderTest, **options: Any) -> None:
    """Everything that is due now, to the end."""

    async def play(worker: Worker) -> None:
        while await worker.round():
            await worker.finish()

    working(registry, play, **options)


@dataclass
class Hook:
    """A webhook under test, and calls to it as its team."""

    registry: RegistryUnderTest
    client: Mapping[str, str]
    id: str
    secret: str
    secret_id: str

    def call(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        token = self.registry.token(self.client["clientId"], self.client["clientSecret"])
        return self.registry.call(method, f"/webhooks/{self.id}{path}", token=token, **options)

    def deliveries(self, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/deliveries", params=params).json()["items"]
        return found

    def log(self, delivery: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/deliveries/{delivery['id']}").json()["log"]
        return found

    def test(self) -> str:
        answer = self.call("POST", "/test")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["eventId"])


def hooked(registry: RegistryUnderTest, url: str, team: str = "crm-team", **more: Any) -> Hook:
    """A new webhook of the team."""
    registry.call("POST", "/teams", json={"name": team})
    client = registry.call("POST", f"/teams/{team}/credentials", json={}).json()
    token = registry.token(client["clientId"], client["clientSecret"])
    made = registry.call("POST", f"/teams/{team}/webhooks", token=token, json={"url": url, **more})
    assert made.status_code == 201, made.text
    shown = made.json()
    return Hook(registry, client, shown["id"], shown["secret"]["text"], shown["secret"]["id"])


def pass_time(registry: RegistryUnderTest, **parts: float) -> None:
    """Later, when tokens of before have expired."""
    registry.clock.pass_time(**parts)
    registry.tokens.clear()
