"""The quote-to-cash world in one process: every service behind an in-process gateway, every answer checked.

Each response is held against its contract by jsonschema, which has no part in serving it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from quote_to_cash.config import GatewayAccess
from quote_to_cash.gateway_client import GatewayClient
from quote_to_cash.identifiers import Identify, identifier_source
from quote_to_cash.services import (
    Service,
    Surroundings,
    crm_quote,
    erp_orders,
    master_data,
    packed_contract,
    quote_validation,
)
from quote_to_cash.systems.master_data.seed import packed_master_data
from specs.model import Contract
from specs.openapi import operations, server_base_path
from specs.schema import self_contained

GATEWAY_URL = "http://gateway.test"
CONTRACTS = (
    "system/crm-quote.v1",
    "system/crm-quote.v2",
    "system/erp-orders.v1",
    "system/master-data.v1",
    "process/quote-validation.v1",
)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def counting_identify(clock: Clock) -> Identify:
    """Identifiers whose randomness counts up, so that they sort by creation within one millisecond."""
    counter = iter(range(1, 1 << 62))
    return identifier_source(clock, lambda size: next(counter).to_bytes(size, "big"))


class ContractOracle:
    """A second opinion on responses: the contract's schema for the operation and status, by jsonschema."""

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self._operations = [
            (server_base_path(contract).rstrip("/") + operation.path, operation)
            for contract in contracts.values()
            for operation in operations(contract)
        ]
        self._validators: dict[str, Draft202012Validator] = {}
        self.checked = 0

    def check(self, method: str, path: str, status: int, headers: Mapping[str, str], raw: bytes) -> None:
        pattern, operation = self._find(method, path)
        declared = {response.status: response for response in operation.responses}
        response = declared.get(str(status)) or declared.get(f"{status // 100}XX") or declared.get("default")
        assert response is not None, f"{method} {pattern} does not declare {status}: {raw[:500]!r}"
        lower = {name.lower(): value for name, value in headers.items()}
        for header in response.headers:
            if header.required:
                assert header.name.lower() in lower, f"{method} {pattern} {status} lacks {header.name}"
            if header.schema is not None and header.name.lower() in lower:
                self._valid(f"{pattern} {header.name}", header.schema, lower[header.name.lower()])
        media = lower.get("content-type", "").split(";")[0]
        content = {item.name: item for item in response.content}
        assert media in content, f"{method} {pattern} {status} declares {list(content)}, not {media}"
        schema = content[media].schema
        assert schema is not None
        self._valid(f"{method} {pattern} {status}", schema, json.loads(raw))
        self.checked += 1

    def _valid(self, name: str, schema: Any, value: Any) -> None:
        if name not in self._validators:
            self._validators[name] = Draft202012Validator(
                self_contained(schema), format_checker=Draft202012Validator.FORMAT_CHECKER
            )
        errors = [
            f"{error.json_path}: {error.message}" for error in self._validators[name].iter_errors(value)
        ]
        assert not errors, f"{name}: {errors}"

    def _find(self, method: str, path: str) -> tuple[str, Any]:
        segments = path.split("?")[0].split("/")
        for pattern, operation in self._operations:
            parts = pattern.split("/")
            same = len(parts) == len(segments) and all(
                part == segment or part.startswith("{") for part, segment in zip(parts, segments, strict=True)
            )
            if same and operation.method == method:
                return pattern, operation
        raise AssertionError(f"no contract declares {method} {path}")


class InProcessGateway(httpx.BaseTransport):
    """Stands where the gateway stands: gives tokens, demands them, and routes by path to the services.

    ``outages`` maps a path prefix to the status answered instead, or to an exception raised.
    """

    def __init__(self, clock: Clock) -> None:
        self.routes: dict[str, httpx.WSGITransport] = {}
        self.outages: dict[str, int | type[Exception]] = {}
        self.seen: list[httpx.Request] = []
        self.tokens_given = 0
        self.revoked: set[str] = set()
        self.check: Callable[[httpx.Request, httpx.Response], None] = lambda _request, _response: None
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth/token":
            return self._token(request)
        self.seen.append(request)
        for prefix, outage in self.outages.items():
            if path.startswith(prefix):
                if isinstance(outage, int):
                    return httpx.Response(outage, json={"status": outage})
                raise outage("refused", request=request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token.startswith("token-") or token in self.revoked:
            return httpx.Response(401, json={"code": "invalid_token"})
        client = token.split("-", 2)[2]
        for prefix, transport in self.routes.items():
            if path.startswith(prefix):
                forwarded = httpx.Request(
                    request.method,
                    request.url,
                    headers={
                        **{k: v for k, v in request.headers.items() if k.lower() != "authorization"},
                        "X-Pactolus-Client-Id": client,
                    },
                    content=request.read(),
                )
                response = transport.handle_request(forwarded)
                response.read()
                self.check(request, response)
                return httpx.Response(
                    response.status_code, headers=response.headers, content=response.content
                )
        return httpx.Response(404, json={"code": "not_found"})

    def _token(self, request: httpx.Request) -> httpx.Response:
        user = httpx.BasicAuth("", "")
        assert request.headers["Authorization"].startswith("Basic "), user
        assert b"grant_type=client_credentials" in request.read()
        self.tokens_given += 1
        return httpx.Response(
            200, json={"access_token": f"token-{self.tokens_given}-service", "expires_in": 600}
        )


@dataclass
class World:
    """All services, reachable as a consumer reaches them; every answer is checked against its contract."""

    clock: Clock
    gateway: InProcessGateway
    oracle: ContractOracle
    services: Mapping[str, Service]
    contracts: Mapping[str, Contract]
    keys: Iterator[int] = field(default_factory=lambda: iter(range(1, 1 << 62)))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        client: str = "sales-console",
    ) -> httpx.Response:
        sent = {"X-Correlation-ID": "c-100", "X-Pactolus-Client-Id": client, **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        media = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", media)
        request = httpx.Request(method, GATEWAY_URL + path, headers=sent, content=content)
        for prefix, transport in self.gateway.routes.items():
            if path.startswith(prefix):
                response = transport.handle_request(request)
                raw = response.read()
                self.oracle.check(method, path, response.status_code, response.headers, raw)
                return httpx.Response(response.status_code, headers=response.headers, content=raw)
        raise AssertionError(f"nobody serves {path}")

    def fresh_key(self) -> str:
        return f"key-{next(self.keys):08d}"


@pytest.fixture(scope="session")
def contracts() -> Mapping[str, Contract]:
    return {name: packed_contract(name) for name in CONTRACTS}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def around(clock: Clock, contracts: Mapping[str, Contract]) -> Surroundings:
    return Surroundings(
        now=clock,
        identify=counting_identify(clock),
        contract=contracts.__getitem__,
        monotonic=lambda: clock().timestamp(),
    )


@pytest.fixture
def world(
    tmp_path: Path, clock: Clock, around: Surroundings, contracts: Mapping[str, Contract]
) -> Iterator[World]:
    transport = InProcessGateway(clock)
    access = GatewayAccess(GATEWAY_URL, f"{GATEWAY_URL}/oauth/token", "service", "secret")
    with httpx.Client(transport=transport) as http:
        client = GatewayClient(access, http, lambda: clock().timestamp(), clock.advance)
        services = {
            "/system/crm-quote/": crm_quote(tmp_path / "crm.sqlite", client, around),
            "/system/erp-orders/": erp_orders(tmp_path / "erp.sqlite", around),
            "/system/master-data/": master_data(tmp_path / "master.sqlite", packed_master_data(), around),
            "/process/quote-validation/": quote_validation(client, around),
        }
        oracle = ContractOracle(contracts)
        transport.routes = {
            prefix: httpx.WSGITransport(app=service.application) for prefix, service in services.items()
        }
        transport.check = lambda request, response: oracle.check(
            request.method, request.url.path, response.status_code, response.headers, response.content
        )
        yield World(clock, transport, oracle, services, contracts)
        for service in services.values():
            service.close()
