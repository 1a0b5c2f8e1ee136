"""A gateway over real sockets: contracts in a folder, an upstream and a signing key of our own."""

from __future__ import annotations

import asyncio
import io
import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import uvloop
import yaml
from joserfc import jwk, jws

from gateway.config import FolderSource, GatewayConfig, Timeouts, TokenRules
from gateway.serve import create_app, http_server
from gateway.server import listen
from tests.gateway.registry_harness import FakeRegistry

CONTRACTS = Path(__file__).parent / "contracts"
ISSUER = "https://issuer.test"


class Server:
    """One ASGI application under uvicorn in a thread, on a port of its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._server = uvicorn.Server(config)
        self._listening = threading.Event()
        startup = self._server.startup

        async def noted(sockets: Any = None) -> None:
            await startup(sockets)
            self._listening.set()

        self._server.startup = noted  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert self._listening.wait(20), "the server did not start"

    @property
    def port(self) -> int:
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()


class OwnDoor:
    """The gateway on its own HTTP/1.1 door in a thread, on a port of its own."""

    def __init__(self, config: GatewayConfig, log: io.BytesIO) -> None:
        self._socket = listen(config.host, 0)
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        listening = threading.Event()
        self._server = http_server(config, create_app(config, log))
        self._thread = threading.Thread(
            target=lambda: uvloop.run(self._server.serve([self._socket], listening.set)), daemon=True
        )
        self._thread.start()
        assert listening.wait(20), "the gateway did not start"

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


@dataclass
class Seen:
    """A request as it reached the upstream."""

    method: str
    path: bytes
    query: bytes
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass
class Upstream:
    """The system behind: answers what the test says and keeps what it saw."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("content-type", "application/json")])
    body: bytes = b"{}"
    chunks: int = 0
    delay_s: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    url: str = ""

    def answers(self, status: int, body: bytes = b"{}", **headers: str) -> None:
        given = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        self.status, self.body = status, body
        self.headers = [(name, value) for name, value in given.items() if value]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        self.seen.append(Seen(scope["method"], scope["raw_path"], scope["query_string"], headers, body))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        lines = [(name.encode(), value.encode("latin-1")) for name, value in self.headers]
        if not self.chunks and self.status not in (204, 304):
            lines.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": lines})
        for number in range(self.chunks):
            size = -(-len(self.body) // self.chunks)
            part = self.body[number * size : (number + 1) * size]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"" if self.chunks else self.body})


class Tokens:
    """Signs access tokens; every claim and header may be replaced, None leaves it out."""

    def __init__(self) -> None:
        self.key = jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"})
        self.jwks = {"keys": [{**self.key.as_dict(private=False), "use": "sig", "alg": "RS256"}]}
        self._numbers = itertools.count()

    def sign(
        self,
        scope: str = "orders:read orders:write",
        client: str = "process-client",
        header: dict[str, Any] | None = None,
        key: Any = None,
        **claims: Any,
    ) -> str:
        now = int(time.time())
        payload: dict[str, Any] = {
            "iss": ISSUER, "aud": ["urn:pactolus:gateway"], "sub": client, "client_id": client, "iat": now,
            "exp": now + 600, "jti": f"token-{next(self._numbers)}", "scope": scope, **claims,
        }  # fmt: skip
        payload = {name: value for name, value in payload.items() if value is not None}
        head: dict[str, Any] = {"alg": "RS256", "typ": "at+jwt", "kid": "k1", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        import orjson

        registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
        return jws.serialize_compact(head, orjson.dumps(payload), key or self.key, registry=registry)


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture(scope="session")
def _upstream_server() -> Iterator[Upstream]:
    upstream = Upstream()
    server = Server(_plain_config(upstream))
    upstream.url = server.url
    yield upstream
    server.stop()


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves further ASGI applications on loopback; gives each one's address."""
    servers: list[Server] = []

    def start(app: Any) -> str:
        servers.append(Server(_plain_config(app)))
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def told(tokens: Tokens) -> dict[str, Any]:
    """What a registry would tell, to change and to serve."""
    return settings(tokens)


@pytest.fixture
def registry(serve: Callable[[Any], str], told: dict[str, Any], tokens: Tokens) -> FakeRegistry:
    """A registry that tells `told` and publishes one contract."""
    fake = FakeRegistry(told, tokens.jwks)
    fake.url = serve(fake)
    return fake


@pytest.fixture
def upstream(_upstream_server: Upstream) -> Upstream:
    """The system behind, as new."""
    fresh = Upstream()
    for name in ("status", "headers", "body", "chunks", "delay_s", "seen"):
        setattr(_upstream_server, name, getattr(fresh, name))
    return _upstream_server


def _plain_config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="off", ws="none"
    )


def settings(tokens: Tokens) -> dict[str, Any]:
    """What the registry would tell."""
    generous = {"requestsPerSecond": 100000, "burst": 100000}
    return {
        "issuer": {"issuer": ISSUER, "jwks": tokens.jwks},
        "consumers": [
            {"name": "process-app", "owner": "integration-engineering", "layer": "process",
             "clientIds": ["process-client"], "plan": generous},
            {"name": "portal", "owner": "account-teams", "layer": "experience",
             "clientIds": ["portal-client"], "plan": generous},
            {"name": "modest", "owner": "psa-team", "layer": "process",
             "clientIds": ["modest-client"], "plan": {"requestsPerSecond": 0.01, "burst": 2}},
        ],
        "revokedTokens": [{"jti": "revoked-token", "exp": 9999999999}],
        "lifecycles": {},
    }  # fmt: skip


class AsgiDoor(Server):
    """The gateway as an ASGI application under uvicorn, as one may embed it."""

    def __init__(self, config: GatewayConfig, log: io.BytesIO) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(config, log), host="127.0.0.1", port=0, log_config=None, access_log=False,
                lifespan="on", ws="none", server_header=False, date_header=False, proxy_headers=False,
            )
        )  # fmt: skip


DOORS: dict[str, Callable[[GatewayConfig, io.BytesIO], OwnDoor | AsgiDoor]] = {
    "own": OwnDoor,
    "asgi": AsgiDoor,
}


@dataclass
class Gateway:
    """A gateway process in a thread, its folder and a client."""

    server: OwnDoor | AsgiDoor
    client: httpx.Client
    folder: Path
    settings_file: Path
    log: io.BytesIO

    @property
    def url(self) -> str:
        return self.server.url

    def wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Asks for the routes until they are as wanted."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            routes: dict[str, Any] = self.client.get("/-/routes").json()
            if condition(routes):
                return routes
        raise AssertionError(f"the routes never came to that: {routes}")


@pytest.fixture(scope="session")
def make_gateway(
    tmp_path_factory: pytest.TempPathFactory, tokens: Tokens
) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways; `change` edits the settings, keywords replace fields of the configuration."""
    made: list[Gateway] = []

    def make(
        upstream_url: str,
        change: Callable[[dict[str, Any]], None] | None = None,
        door: str = "own",
        **fields: Any,
    ) -> Gateway:
        base = tmp_path_factory.mktemp("gateway")
        folder = base / "contracts"
        shutil.copytree(CONTRACTS, folder)
        values = settings(tokens)
        if change is not None:
            change(values)
        settings_file = base / "settings.yaml"
        settings_file.write_text(yaml.safe_dump(values))
        config = GatewayConfig(
            source=FolderSource(folder, settings_file),
            upstreams={"orders.v1": upstream_url, "checks.v1": upstream_url},
            port=0,
            token_rules=TokenRules(),
            timeouts=replace(Timeouts(), poll_interval_s=0.05, flush_interval_s=0.05),
        )
        config = replace(config, **fields)
        log = io.BytesIO()
        server = DOORS[door](config, log)
        client = httpx.Client(base_url=server.url, timeout=20, trust_env=False)
        gateway = Gateway(server, client, folder, settings_file, log)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.client.close()
        gateway.server.stop()


@pytest.fixture(scope="session")
def _shared_gateway(make_gateway: Callable[..., Gateway], _upstream_server: Upstream) -> Gateway:
    return make_gateway(_upstream_server.url)


@pytest.fixture
def gateway(_shared_gateway: Gateway, upstream: Upstream) -> Gateway:
    """The gateway most tests share; its upstream is as new."""
    return _shared_gateway


@pytest.fixture(scope="session")
def read(tokens: Tokens) -> dict[str, str]:
    """Headers of a caller that may read and write orders."""
    return {"authorization": "Bearer " + tokens.sign()}
