"""Services as processes see them: built from configuration, served over real sockets with keep-alive."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from quote_to_cash.config import GatewayAccess, ServiceConfig
from quote_to_cash.errors import ConfigurationInvalid
from quote_to_cash.examples import example
from quote_to_cash.serve import SERVICE_NAMES, asgi, build_service, server_options
from quote_to_cash.web.admission import Admission

ACCESS = GatewayAccess("http://127.0.0.1:9", "http://127.0.0.1:9/oauth/token", "cli_1", "s3cret")


def config(name: str, folder: Path) -> ServiceConfig:
    return ServiceConfig(name, database=folder / f"{name}.sqlite", gateway=ACCESS, body_bytes_max=4096)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The ERP on a loopback port."""
    with served(tmp_path) as place:
        yield place


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[tuple[str, int]]:
    """The socket listens before the server runs, so nobody need wait."""
    chosen = config("erp-orders", folder)
    with ExitStack() as stack:
        service = build_service(chosen, stack)
        stack.callback(service.close)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        told = {**server_options(chosen), "log_level": "critical", **options}
        server = uvicorn.Server(uvicorn.Config(asgi(service, 2), lifespan="off", **told))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def test_every_service_is_built_from_its_configuration(tmp_path: Path) -> None:
    for name in SERVICE_NAMES:
        with ExitStack() as stack:
            service = build_service(config(name, tmp_path), stack)
            stack.callback(service.close)
            answer = service.application.test_client().get("/-/health")
            assert answer.json == {"status": "ok", "service": name}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (ServiceConfig("crm", gateway=ACCESS), "no service 'crm'"),
        (ServiceConfig("erp-orders"), "needs a database"),
        (ServiceConfig("quote-validation"), "needs access to the gateway"),
    ],
)
def test_a_wrong_configuration_is_told(wrong: ServiceConfig, words: str) -> None:
    with ExitStack() as stack, pytest.raises(ConfigurationInvalid, match=words):
        build_service(wrong, stack)


def test_one_connection_serves_many_requests(address: tuple[str, int]) -> None:
    path = "/system/erp-orders/v1/customers/cus_contoso"
    body = json.dumps(example("contoso_customer"))
    headers = {"Content-Type": "application/json", "If-None-Match": "*"}
    with closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
        connection.connect()
        local = connection.sock.getsockname()
        connection.request("PUT", path, body, headers)
        created = connection.getresponse()
        assert (created.status, json.loads(created.read())["number"]) == (201, "C-10001")
        connection.request("GET", path)
        found = connection.getresponse()
        assert (found.status, json.loads(found.read())["name"]) == (200, "Contoso")
        assert connection.sock.getsockname() == local


def test_a_body_sent_in_chunks_is_read_whole_and_bounded_all_the_same(address: tuple[str, int]) -> None:
    path = "/system/erp-orders/v1/customers/cus_contoso"
    headers = {"Content-Type": "application/json", "If-None-Match": "*"}
    body = json.dumps(example("contoso_customer")).encode()
    for chunks, status in (([body[:100], body[100:]], 201), ([b" " * 1000] * 9, 413)):
        with closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
            connection.request("PUT", path, iter(chunks), headers, encode_chunked=True)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status


@pytest.mark.parametrize(
    "sent", [b"what is this\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost\r\n\r\n", b"\0" * 50]
)
def test_what_is_not_http_is_answered_with_a_problem(address: tuple[str, int], sent: bytes) -> None:
    status, headers, problem = raw(address, sent)
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert headers["connection"] == "close"
    assert (problem["status"], problem["code"]) == (400, "request_malformed")


def test_a_connection_beyond_the_limit_is_answered_with_a_problem(tmp_path: Path) -> None:
    with served(tmp_path, limit_concurrency=1) as place:
        status, headers, problem = raw(place, b"GET /-/health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (status, headers["content-type"]) == (503, "application/problem+json")
    assert headers["retry-after"]
    assert (problem["code"], problem["retryable"]) == ("service_busy", True)


def raw(address: tuple[str, int], sent: bytes) -> tuple[int, Any, Any]:
    """The answer to these bytes, which ends the connection."""
    with closing(socket.create_connection(address, timeout=10)) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
        assert connection.recv(1) == b""
        return answer.status, answer.headers, body


def test_a_request_beyond_the_limit_is_refused_at_once_as_a_problem() -> None:
    answers = asyncio.run(crowd(requests=5, limit=2))
    statuses = [status for status, _, _ in answers]
    assert sorted(statuses) == [200, 200, 503, 503, 503]
    for status, headers, body in answers:
        if status == 503:
            assert headers[b"content-type"] == b"application/problem+json"
            assert headers[b"retry-after"]
            problem = json.loads(body)
            assert (problem["code"], problem["retryable"]) == ("service_busy", True)
            assert problem["correlationId"] == "c-7"


async def crowd(requests: int, limit: int) -> list[tuple[int, dict[bytes, bytes], bytes]]:
    """All requests together at an application that answers none before every other was let in or refused."""
    gate = asyncio.Event()

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await gate.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    admission = Admission(application, limit)

    async def one(number: int) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "headers": [(b"x-correlation-id", b"c-7")]}
        if number == requests - 1:
            gate.set()
        await admission(scope, never, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    return list(await asyncio.gather(*(one(number) for number in range(requests))))


async def never() -> Any:
    raise AssertionError("nothing is read of a request that is refused")
