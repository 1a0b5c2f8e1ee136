"""The gateway and its registry over HTTP, against a small registry of the published shape."""

from __future__ import annotations

import time
from dataclasses import replace

import orjson
import pytest
import yaml

from gateway.config import RegistrySource, Timeouts
from tests.gateway.registry_harness import until

ORDERS = "/system/orders/v1"


@pytest.fixture
def own(registry, make_gateway, upstream):
    upstream.answers(200, b'{"items":[]}')
    return make_gateway(upstream.url, source=RegistrySource(registry.url, "gateway", "secret"))


def test_contracts_consumers_and_keys_come_from_the_registry(own, registry, read):
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 200
    assert own.client.get("/-/ready").json()["contracts"] == 1
    assert registry.tokens_given == 1
    until(lambda: ("/registry/v1/snapshot", 304) in registry.asked)


def test_a_published_version_is_served_within_two_seconds(own, registry, read):
    value = yaml.safe_load(registry.raw["orders"])
    value["paths"]["/new"] = value["paths"]["/health"]
    published = time.monotonic()
    registry.raw["orders"] = yaml.safe_dump(value).encode()
    registry.versions["orders"] = "1.1.0"
    until(lambda: own.client.get(f"{ORDERS}/new").status_code == 200)
    assert time.monotonic() - published < 2


def test_lifecycle_alone_changes_headers_without_fetching_documents_again(own, registry, read):
    fetched = sum(path.startswith("/registry/v1/documents") for path, _ in registry.asked)
    registry.lifecycle = {"state": "deprecated", "deprecatedAt": "2026-01-01T00:00:00Z", "successor": "2.0.0"}
    until(lambda: "deprecation" in own.client.get(f"{ORDERS}/orders", headers=read).headers)
    assert sum(path.startswith("/registry/v1/documents") for path, _ in registry.asked) == fetched == 1


def test_a_document_with_other_bytes_than_its_digest_is_not_used_until_it_is_right(own, registry, read):
    registry.corrupt = True
    registry.raw["orders"] = registry.raw["orders"].replace(b"/health:", b"/wellness:")
    until(lambda: own.client.get("/-/ready").json()["problems"])
    assert own.client.get(f"{ORDERS}/health").status_code == 200
    registry.corrupt = False
    until(lambda: own.client.get(f"{ORDERS}/wellness").status_code == 200)
    assert own.client.get("/-/ready").json()["problems"] == {}


def test_a_registry_that_is_away_changes_nothing(own, registry, read):
    registry.failing = {"/registry/v1/snapshot", "/oauth/token"}
    until(lambda: "source_reachable 0" in own.client.get("/-/metrics").text)
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 200
    registry.failing = set()
    until(lambda: "source_reachable 1" in own.client.get("/-/metrics").text)


def test_an_expired_token_of_ours_is_replaced(own, registry, read):
    registry.token = "second"
    registry.versions["orders"] = "1.0.1"
    until(lambda: own.client.get("/-/routes").json()["contracts"][0]["version"] == "1.0.1")
    assert registry.tokens_given == 2


def test_calls_are_counted_by_consumer_version_operation_and_status(own, registry, read, tokens):
    for path in ("/orders", "/orders", "/orders?x=1"):
        own.client.get(ORDERS + path, headers=read)
    portal = {"authorization": "Bearer " + tokens.sign(client="portal-client")}
    own.client.get(f"{ORDERS}/orders", headers=portal)
    own.client.get(f"{ORDERS}/orders")
    until(lambda: sum(row["count"] for batch in registry.usage for row in batch["records"]) == 4)
    rows: dict[tuple[str, int], int] = {}
    for batch in registry.usage:
        assert batch["gateway"] == "gateway"
        for row in batch["records"]:
            assert (row["contract"], row["version"], row["operation"]) == ("orders", "1.0.0", "GET /orders")
            assert row["firstSeen"] <= row["lastSeen"]
            key = (row["consumer"], row["status"])
            rows[key] = rows.get(key, 0) + row["count"]
    assert rows == {("process-app", 200): 2, ("process-app", 422): 1, ("portal", 403): 1}


def test_counts_wait_for_a_registry_that_is_away_and_come_once(own, registry, read):
    registry.failing = {"/registry/v1/usage"}
    own.client.get(f"{ORDERS}/orders", headers=read)
    until(lambda: ("/registry/v1/usage", 503) in registry.asked)
    own.client.get(f"{ORDERS}/orders", headers=read)
    registry.failing = set()
    until(lambda: sum(row["count"] for batch in registry.usage for row in batch["records"]) == 2)
    identifiers = [batch["batchId"] for batch in registry.usage]
    assert len(identifiers) == len(set(identifiers))


def test_an_answer_off_contract_is_recorded_with_pointers_and_without_values(own, registry, upstream, read):
    upstream.answers(200, b'{"items":[{"id":"secret-id","total":"secret"}]}')
    assert own.client.get(f"{ORDERS}/orders", headers=read).status_code == 502
    until(lambda: registry.drift)
    (record,) = registry.drift[0]["records"]
    assert (record["contract"], record["operation"], record["status"], record["upstream"]) == (
        "orders", "GET /orders", 200, "orders.v1",
    )  # fmt: skip
    assert [error["pointer"] for error in record["errors"]] == ["/body/items/0/total"]
    assert b"secret" not in orjson.dumps(registry.drift)


def test_what_was_counted_last_is_sent_at_shutdown(registry, make_gateway, upstream, read):
    upstream.answers(200, b'{"items":[]}')
    gateway = make_gateway(
        upstream.url,
        source=RegistrySource(registry.url, "gateway", "secret"),
        timeouts=replace(Timeouts(), flush_interval_s=3600),
    )
    gateway.client.get(f"{ORDERS}/orders", headers=read)
    assert registry.usage == []
    gateway.server.stop()
    assert registry.usage[0]["records"][0]["count"] == 1
