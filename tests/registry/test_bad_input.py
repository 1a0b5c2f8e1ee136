"""Whatever is sent, the answer is a problem document: no stack trace, nothing stored, bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.serve import create_app
from registry.web.door import Door
from tests.registry.harness import FakeReader, RegistryUnderTest, basic, contract, fake_judge

PROBLEM = "application/problem+json"


def assert_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.headers["Content-Type"]) == (status, PROBLEM), response.text
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["type"] == "https://pactolus.dev/problems/" + code.replace("_", "-")
    assert body["status"] == status
    assert body["correlationId"] == response.headers["X-Correlation-ID"]
    assert "Traceback" not in response.text
    return body


def test_an_unknown_address_is_404(registry: RegistryUnderTest) -> None:
    for path in (
        "/nothing",
        "/registry/v1/nothing",
        "/registry/v2/teams",
        "/oauth/nothing",
        "/static/x",
        "/registry/v1/teams/a/b/c",
    ):
        assert_problem(registry.send("GET", path), 404, "not_found")


def test_an_unknown_method_is_405_with_all_that_is_allowed(registry: RegistryUnderTest) -> None:
    api = registry.call("DELETE", "/teams")
    item = registry.call("PATCH", "/contracts/orders/versions/1.0.0/lifecycle")
    token = registry.send("GET", "/oauth/token")

    for response in (api, item, token):
        assert_problem(response, 405, "method_not_allowed")
    assert api.headers["Allow"] == "GET, HEAD, POST"
    assert item.headers["Allow"] == "PUT"
    assert "POST" in token.headers["Allow"]


def test_a_body_of_another_type_is_415(registry: RegistryUnderTest) -> None:
    response = registry.call("POST", "/teams", content=b"<a/>", headers={"Content-Type": "text/xml"})

    assert_problem(response, 415, "media_type_unsupported")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "erp-team", "title": "\\u0000"}',
        b"[" * 100_000,
        b'{"name": 1e999999}',
        b'{"name": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"name": "\\u0041", "more": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"name": "erp-team"} {}',
    ],
)
def test_a_body_that_is_not_json_is_400(registry: RegistryUnderTest, body: bytes) -> None:
    response = registry.call(
        "POST", "/teams", content=body[:60_000], headers={"Content-Type": "application/json"}
    )

    assert_problem(response, 400, "json_invalid")


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "erp-team", "name": "crm-team"}',
        '{"name": "erp-team", "title": "a", "\\u0074itle": "a"}',
        '{"name": "erp-team", "more": [{"a": {}, "a": {}}]}',
    ],
)
def test_a_name_given_twice_in_a_body_is_refused_with_its_place(
    registry: RegistryUnderTest, body: str
) -> None:
    response = registry.call("POST", "/teams", content=body, headers={"Content-Type": "application/json"})

    problem = assert_problem(response, 400, "json_invalid")
    assert "stands twice" in problem["detail"]
    assert "Line 1, column" in problem["detail"]
    assert registry.call("GET", "/teams").json()["items"] == []


@pytest.mark.parametrize("path", ["/registry/v1/teams", "/registry/v1/health", "/oauth/jwks"])
@pytest.mark.parametrize("name", ["Authorization", "Content-Type"])
def test_a_header_that_decides_stands_once(registry: RegistryUnderTest, path: str, name: str) -> None:
    token = registry.token(registry.admin["clientId"], registry.admin["clientSecret"])
    value = f"Bearer {token}" if name == "Authorization" else "application/json"

    refused = registry.send("GET", path, headers=[(name, value), (name.lower(), value)])

    problem = assert_problem(refused, 400, "request_invalid")
    assert name in problem["detail"]


def test_every_violation_is_named_with_its_pointer(registry: RegistryUnderTest) -> None:
    body = {"name": "Portal", "layer": "middle", "plan": {"requestsPerSecond": 0, "burst": 1.5}, "more": 1}

    problem = assert_problem(registry.call("POST", "/consumers", json=body), 400, "request_invalid")

    found = {(error["in"], error["pointer"], error["code"]) for error in problem["errors"]}
    assert found == {
        ("body", "", "required"),
        ("body", "", "additionalProperties"),
        ("body", "/name", "pattern"),
        ("body", "/layer", "enum"),
        ("body", "/plan/requestsPerSecond", "minimum"),
        ("body", "/plan/burst", "type"),
    }


def test_every_parameter_off_contract_is_named(registry: RegistryUnderTest) -> None:
    response = registry.call("GET", "/contracts?limit=0&layer=middle&cursor=%20&color=red&q=%00")

    problem = assert_problem(response, 400, "request_invalid")
    assert {error["pointer"] for error in problem["errors"]} == {
        "/limit",
        "/layer",
        "/cursor",
        "/color",
        "/q",
    }


def test_an_absent_body_is_400(registry: RegistryUnderTest) -> None:
    assert_problem(registry.call("POST", "/teams"), 400, "request_invalid")


def test_a_body_without_a_declared_length_is_read(registry: RegistryUnderTest) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"name": "erp'
        yield b'-team"}'

    response = registry.call("POST", "/teams", content=pieces(), headers={"Content-Type": "application/json"})

    assert response.status_code == 201


def test_a_declared_length_above_the_bound_is_413_before_a_byte_is_read(registry: RegistryUnderTest) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    for path, length in (("/contracts/orders/versions", 64 * 1024 * 1024 + 1), ("/teams", 65 * 1024)):
        headers = {"Content-Type": "application/json", "Content-Length": str(length)}
        response = registry.call("POST", path, content=nothing(), headers=headers)
        assert_problem(response, 413, "body_too_large")


def test_an_undeclared_body_above_the_bound_is_413(registry: RegistryUnderTest) -> None:
    sent = 0

    async def long() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(80):
            sent += 1024 * 1024
            yield b" " * (1024 * 1024)

    headers = {"Content-Type": "application/json"}
    response = registry.call("POST", "/contracts/orders/versions", content=long(), headers=headers)

    assert_problem(response, 413, "body_too_large")
    assert sent <= 66 * 1024 * 1024


def test_a_token_request_above_the_bound_is_413(registry: RegistryUnderTest) -> None:
    response = registry.send("POST", "/oauth/token", data={"grant_type": "x" * 20_000})

    assert_problem(response, 413, "body_too_large")


def test_without_a_token_no_body_is_read(registry: RegistryUnderTest) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "application/json", "Content-Length": "1000"}
    response = registry.call(
        "POST", "/contracts/orders/versions", token=None, content=nothing(), headers=headers
    )

    assert_problem(response, 401, "token_required")


def test_a_body_of_bytes_that_are_not_the_length_declared_is_no_failure(registry: RegistryUnderTest) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "-1"}

    assert_problem(registry.call("POST", "/teams", content=b"{}", headers=headers), 400, "request_invalid")


class BrokenReader(FakeReader):
    """Fails as a defect would."""

    def parse(self, submission: object) -> Any:
        raise ZeroDivisionError("a secret of the inside")


def test_a_defect_is_500_and_tells_nothing(
    registry: RegistryUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    token = registry.team("erp-team")
    registry.app = create_app(
        registry.config, store=registry.store, reader=BrokenReader(), judging=fake_judge, clock=registry.clock
    )

    response = registry.publish(token, contract(), "orders")

    problem = assert_problem(response, 500, "internal_error")
    assert problem["retryable"] is True
    assert "secret" not in response.text
    assert problem["correlationId"] in caplog.text
    assert "a secret of the inside" in caplog.text


def broken_judge(_before: Any, _after: Any, _usage: Any) -> Any:
    """Fails as a defect of the engine would."""
    raise RecursionError("a secret of the inside")


class BrokenStore:
    """Fails as a driver would when its database is away."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.broken = False

    def reading(self) -> Any:
        if self.broken:
            raise OSError("a secret of the inside")
        return self.store.reading()

    def seen_by(self, _sight: Any) -> Any:
        return self


def test_a_defect_of_the_engine_is_500_and_tells_nothing(
    registry: RegistryUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    token = registry.team("erp-team")
    registry.app = create_app(
        registry.config, store=registry.store, reader=FakeReader(), judging=broken_judge, clock=registry.clock
    )
    registry.publish(token, contract(), "orders")

    response = registry.publish(token, contract(version="1.1.0"), "orders")

    problem = assert_problem(response, 500, "internal_error")
    assert "secret" not in response.text
    assert problem["correlationId"] in caplog.text
    assert "a secret of the inside" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/registry/v1/health"),
        ("GET", "/registry/v1/teams"),
        ("POST", "/oauth/token"),
        ("POST", "/oauth/introspect"),
        ("POST", "/oauth/revoke"),
    ],
)
def test_a_defect_below_any_endpoint_is_500_and_tells_nothing(
    registry: RegistryUnderTest, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    token = registry.token(registry.admin["clientId"], registry.admin["clientSecret"])
    store: Any = BrokenStore(registry.store)
    registry.app = create_app(registry.config, store=store, clock=registry.clock)
    store.broken = True
    headers = {"Authorization": f"Bearer {token}"} if method == "GET" else basic("somebody", "x")
    form = {"grant_type": "client_credentials", "token": token} if method == "POST" else None

    response = registry.send(method, path, headers=headers, data=form)

    problem = assert_problem(response, 500, "internal_error")
    assert "secret" not in response.text
    lines = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert lines == [f"request {problem['correlationId']} failed"]
    assert "a secret of the inside" in caplog.text


def test_a_correlation_identifier_is_kept_when_it_is_harmless(registry: RegistryUnderTest) -> None:
    def answered(given: str) -> str:
        return registry.send("GET", "/registry/v1/health", headers={"X-Correlation-ID": given}).headers[
            "X-Correlation-ID"
        ]

    assert answered("order-17.a_b") == "order-17.a_b"
    for harmful in ("a b", "x" * 65, "<script>", ""):
        assert answered(harmful) not in (harmful, "")


def test_a_connection_that_ends_early_is_no_failure(registry: RegistryUnderTest) -> None:
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    token = registry.token(registry.admin["clientId"], registry.admin["clientSecret"])
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/registry/v1/teams",
        "raw_path": b"/registry/v1/teams",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"registry.test"),
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {token}".encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("registry.test", 80),
    }

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(registry.app(scope, receive, send))

    assert sent[0]["status"] == 400
    assert json.loads(sent[1]["body"])["code"] == "request_invalid"


def test_a_database_that_fails_is_500_without_its_words(registry: RegistryUnderTest, tmp_path: Path) -> None:
    with registry.store.writing() as transaction:
        transaction.connection.exec_driver_sql("ALTER TABLE usage RENAME TO elsewhere")
    token = registry.team("erp-team")
    registry.publish(token, contract(), "orders")

    response = registry.call("GET", "/contracts/orders/usage")

    assert_problem(response, 500, "internal_error")
    assert "usage" not in response.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/registry/v1/teams/a%0Ab", "/registry/v1/teams%0A", "/registry/v1/teams/%00", "/%7F"]
)
def test_an_address_with_a_control_character_is_400(registry: RegistryUnderTest, path: str) -> None:
    assert_problem(registry.send("GET", path), 400, "request_invalid")


def test_what_the_security_layer_did_not_see_is_not_served(registry: RegistryUnderTest) -> None:
    # Connexion's router does not match a line end where Flask's does; the door refuses it before either.
    while not isinstance(registry.app, Door):
        registry.app = registry.app.app
    registry.app = registry.app.app

    for method, path in (
        ("GET", "/registry/v1/teams/a%0Ab"),
        ("POST", "/registry/v1/teams/a%0Ab/credentials"),
    ):
        response = registry.send(method, path)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
