"""What a consumer sends, counted at the gateway, decides in the registry whom a change breaks."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from gateway.access_log import AccessLog
from gateway.buckets import BucketTable
from gateway.config import FolderSource, GatewayConfig
from gateway.credentials import Credentials
from gateway.exchange import Exchange
from gateway.folder import ContractFolder
from gateway.keys import KeyRing
from gateway.metrics import Metrics
from gateway.model import Request, UpstreamResponse
from gateway.plan.compile import compile_contract
from gateway.plan.model import Plan
from gateway.replays import Replays
from gateway.serve import RandomIds, idempotency_records
from gateway.usage import Meter
from registry.serve import create_app  # noqa: F401 - before Connexion, whose warnings it silences
from specs.load import load_contract
from tests.gateway.conftest import CONTRACTS, Tokens, settings
from tests.registry.harness import GATEWAY_SCOPES, START, RegistryUnderTest
from tests.registry.packaged import real_registry

BASE = b"/system/orders/v1"
NOW = START.timestamp() - 60
LINE = {"quantity": 1}


class Clock:
    """A minute before the registry's."""

    def now(self) -> float:
        return NOW

    def elapsed(self) -> float:
        return 0.0


class Given:
    """A body that came with the head, and a system behind that answers at once."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = body

    async def read(self, bytes_max: int, timeout_s: float) -> bytes:
        return self.body

    async def send(self, key: str, request: Any) -> UpstreamResponse:
        created = [(b"content-type", b"application/json"), (b"location", b"/orders/1")]
        if request.method == "POST":
            return UpstreamResponse(201, created, b'{"id":"1"}')
        return UpstreamResponse(200, created[:1], b'{"items":[]}')


class Batches:
    """Keeps what a gateway reports."""

    def __init__(self) -> None:
        self.usages: list[Any] = []

    async def usage(self, batch: Any) -> None:
        self.usages.append(orjson.loads(orjson.dumps(batch)))

    async def drift(self, batch: Any) -> None:
        raise AssertionError("nothing is off contract here")


async def called(folder: Path, calls: list[tuple[str, str, bytes, dict[str, Any] | None]]) -> list[Any]:
    """The usage batches after some calls: consumer, method, query and body of each."""
    shutil.copytree(CONTRACTS, folder / "contracts")
    tokens = Tokens()
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(settings(tokens)))
    source = FolderSource(folder / "contracts", file)
    config = GatewayConfig(source, {})
    contracts = ContractFolder(source, config.limits)
    snapshot = await contracts.poll()
    assert snapshot is not None
    record = next(record for record in snapshot.contracts if record.name == "orders")
    contract = load_contract(record.document.uri, await contracts.document(record.document.sha256))
    api = compile_contract(contract, record, config.limits)
    consumers = {client: each for each in snapshot.consumers for client in each.client_ids}
    batches, numbers = Batches(), iter(range(99))
    meter = Meter("gateway-1", batches, lambda: f"batch-{next(numbers)}", config.limits)
    exchange = Exchange(
        config, Given(), meter, Metrics(100), AccessLog(io.BytesIO(), 1_000_000), Clock(), RandomIds(),
        BucketTable(100, config.timeouts.concurrency_place_s), idempotency_records(config),
        Credentials(config, Clock(), Replays(8), b"nonces"),
    )  # fmt: skip
    keys = KeyRing(
        snapshot.issuer, contracts.keys, Clock(), config.token_rules, config.limits, config.timeouts
    )
    exchange.use(Plan("r", {api.prefix: api}, consumers, frozenset(), config.anonymous_plan), keys)
    for number, (client, method, query, value) in enumerate(calls):
        token = tokens.sign(client=client, iat=int(NOW), exp=int(NOW) + 600)
        body = b"" if value is None else orjson.dumps(value)
        lines = [(b"authorization", b"Bearer " + token.encode()), (b"idempotency-key", b"key-%08d" % number)]
        if body:
            lines += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        answer = await exchange.handle(Request(method, BASE + b"/orders", query, lines), Given(body))
        assert answer.status < 300, answer.body
    assert await meter.flush()
    return batches.usages


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryUnderTest]:
    """A registry with its own judge, orders 1.0.0 in force, and what two consumers called."""
    folder = tmp_path_factory.mktemp("seen")
    registry = real_registry(folder)
    for consumer in ("process-app", "modest"):
        registry.consumer(consumer, "integration-engineering")
    published = registry.publish(registry.team("erp-team"), text(contract()), "orders")
    assert published.status_code == 201, published.text
    batches = asyncio.run(
        called(
            folder / "gateway",
            [
                ("process-client", "POST", b"", {"customer": "c", "lines": [LINE], "due": "2026-12-01"}),
                (
                    "process-client",
                    "POST",
                    b"",
                    {"customer": "c", "lines": [{**LINE, "price": "1.00"}, LINE]},
                ),
                ("process-client", "GET", b"status=OPEN&status=CLOSED", None),
                ("modest-client", "POST", b"", {"customer": "c", "lines": [LINE]}),
                ("modest-client", "GET", b"status=OPEN", None),
            ],
        )
    )
    gateway = registry.team("integration-engineering", GATEWAY_SCOPES)
    for batch in batches:
        taken = registry.call("POST", "/usage", token=gateway, json=batch)
        assert taken.status_code == 204, taken.text
    yield registry
    registry.close()


def contract() -> dict[str, Any]:
    value: dict[str, Any] = yaml.safe_load((CONTRACTS / "orders.v1.openapi.yaml").read_text())
    return value


def text(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def without_due(value: dict[str, Any]) -> None:
    del value["components"]["schemas"]["NewOrder"]["properties"]["due"]


def without_price(value: dict[str, Any]) -> None:
    del value["components"]["schemas"]["Line"]["properties"]["price"]


def without_closed(value: dict[str, Any]) -> None:
    (status,) = (one for one in value["paths"]["/orders"]["get"]["parameters"] if one["name"] == "status")
    status["schema"]["items"]["enum"] = ["OPEN"]


def due_required(value: dict[str, Any]) -> None:
    value["components"]["schemas"]["NewOrder"]["required"].append("due")


@pytest.mark.parametrize(
    ("change", "process_app", "modest"),
    [
        pytest.param(without_due, "BROKEN", "UNAFFECTED", id="an optional member is gone"),
        pytest.param(without_price, "BROKEN", "UNAFFECTED", id="a member of list items is gone"),
        pytest.param(without_closed, "BROKEN", "UNAFFECTED", id="a value of a parameter is gone"),
        pytest.param(due_required, "BROKEN", "BROKEN", id="a member must now be sent"),
    ],
)
def test_a_report_says_who_breaks_by_what_was_sent(
    real: RegistryUnderTest, change: Any, process_app: str, modest: str
) -> None:
    value = contract()
    value["info"]["version"] = "1.1.0"
    change(value)

    refused = real.publish(real.team("erp-team"), text(value), "orders")

    assert refused.status_code == 409, refused.text
    findings = refused.json()["report"]["findings"]
    said = [
        {one["consumer"]: one["status"] for one in finding["consumers"]}
        for finding in findings
        if finding["consumers"]
    ]
    assert said == [{"process-app": process_app, "modest": modest}], findings
