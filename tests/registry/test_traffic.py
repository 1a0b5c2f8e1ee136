"""Usage, drift and the snapshot, as gateways use them."""

from __future__ import annotations

from typing import Any

import pytest

from registry.storage import tables
from tests.registry.harness import GATEWAY_SCOPES, FakeClock, RegistryUnderTest, contract

RECORD = {
    "consumer": "portal",
    "contract": "orders",
    "version": "1.0.0",
    "operation": "POST /orders",
    "status": 201,
    "count": 3,
    "firstSeen": "2026-11-02T07:59:00Z",
    "lastSeen": "2026-11-02T08:00:00Z",
}
DRIFT = {
    "contract": "orders",
    "version": "1.0.0",
    "operation": "GET /orders/{orderId}",
    "upstream": "http://127.0.0.1:8722",
    "status": 200,
    "count": 1,
    "firstSeen": "2026-11-02T07:59:00Z",
    "lastSeen": "2026-11-02T08:00:00Z",
    "errors": [{"pointer": "/totals/net", "detail": '12 is not of type "string"'}],
}


@pytest.fixture
def gateway(registry: RegistryUnderTest) -> str:
    """A gateway's token, with orders 1.0.0 in force."""
    owner = registry.team("erp-team")
    registry.publish(owner, contract(), "orders")
    return registry.team("integration-team", GATEWAY_SCOPES)


def send(registry: RegistryUnderTest, token: str, path: str, batch: str, *records: Any) -> Any:
    body = {"gateway": "gateway-1", "batchId": batch, "records": list(records)}
    return registry.call("POST", path, token=token, json=body)


def test_a_batch_sent_twice_counts_once(registry: RegistryUnderTest, gateway: str) -> None:
    invalid = {**RECORD, "status": 422, "count": 2}
    refused = {**RECORD, "status": 429, "count": 10}
    for batch in ("one", "one", "two"):
        sent = send(registry, gateway, "/usage", batch, RECORD, invalid, refused)
        assert (sent.status_code, sent.content) == (204, b"")

    (usage,) = registry.call("GET", "/contracts/orders/usage").json()["items"]

    assert usage == {
        "consumer": "portal",
        "owner": None,
        "version": "1.0.0",
        "operation": "POST /orders",
        "calls": 30,
        "errors": 24,
        "refused": 20,
        "lastSeen": "2026-11-02T08:00:00Z",
    }


def test_usage_counts_over_the_days_asked_for(
    registry: RegistryUnderTest, gateway: str, clock: FakeClock
) -> None:
    send(registry, gateway, "/usage", "one", RECORD)
    clock.pass_time(days=1)
    registry.tokens.clear()

    def items(days: int) -> int:
        found = registry.call("GET", "/contracts/orders/usage", params={"days": days}).json()["items"]
        return len(found)

    assert (items(1), items(2)) == (0, 1)


def test_usage_is_forgotten_after_its_time(
    registry: RegistryUnderTest, gateway: str, clock: FakeClock
) -> None:
    def days_stored() -> set[str]:
        with registry.store.reading() as transaction:
            return {str(row.day) for row in transaction.connection.execute(tables.usage.select())}

    send(registry, gateway, "/usage", "one", RECORD)
    clock.pass_time(days=registry.config.limits.usage_days_kept)
    registry.tokens.clear()
    gateway = registry.team("integration-team", GATEWAY_SCOPES)
    at = {"firstSeen": "2027-12-06T08:00:00Z", "lastSeen": "2027-12-07T08:00:00Z"}
    send(registry, gateway, "/usage", "two", {**RECORD, **at})
    kept = days_stored()
    clock.pass_time(minutes=60 * 24)
    registry.tokens.clear()
    gateway = registry.team("integration-team", GATEWAY_SCOPES)
    send(registry, gateway, "/usage", "three")

    assert kept == {"2026-11-02", "2027-12-07"}
    assert days_stored() == {"2027-12-07"}


def test_usage_is_read_page_by_page(registry: RegistryUnderTest, gateway: str) -> None:
    records = [
        {**RECORD, "consumer": f"app-{n}", "operation": f"GET /a/{m}"} for n in range(3) for m in (1, 2)
    ]
    send(registry, gateway, "/usage", "one", *records)

    found, cursor = [], None
    for _ in range(9):
        parameters = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = registry.call("GET", "/contracts/orders/usage", params=parameters).json()
        found += [(one["consumer"], one["operation"]) for one in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert found == sorted((record["consumer"], record["operation"]) for record in records)


def test_drift_is_recorded_once_per_batch_and_names_the_owner(
    registry: RegistryUnderTest, gateway: str
) -> None:
    for batch in ("one", "one", "two"):
        assert send(registry, gateway, "/drift", batch, DRIFT).status_code == 204
    send(registry, gateway, "/drift", "three", {**DRIFT, "contract": "unknown"})

    (drift,) = registry.call("GET", "/drift", params={"contract": "orders"}).json()["items"]

    assert (drift["owner"], drift["count"], drift["errors"]) == ("erp-team", 2, DRIFT["errors"])
    assert len(registry.call("GET", "/drift").json()["items"]) == 2


def test_only_gateways_report(registry: RegistryUnderTest, gateway: str) -> None:
    team = registry.team("crm-team")

    assert send(registry, team, "/usage", "one", RECORD).status_code == 403
    assert send(registry, team, "/drift", "one", DRIFT).status_code == 403


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("count", 0),
        ("status", 99),
        ("lastSeen", "yesterday"),
        ("version", "1.0"),
        ("consumer", "x\n"),
        ("extra", 1),
    ],
)
def test_a_record_off_contract_is_refused_with_its_pointer(
    registry: RegistryUnderTest, gateway: str, member: str, value: object
) -> None:
    refused = send(registry, gateway, "/usage", "one", RECORD, {**RECORD, member: value})

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["pointer"] == ("/records/1" if member == "extra" else f"/records/1/{member}")
    assert registry.call("GET", "/contracts/orders/usage").json()["items"] == []


def test_calls_of_a_consumer_that_is_not_registered_are_kept_and_named(
    registry: RegistryUnderTest, gateway: str, caplog: pytest.LogCaptureFixture
) -> None:
    registry.consumer("portal", "erp-team")
    sent = send(registry, gateway, "/usage", "one", RECORD, {**RECORD, "consumer": "stranger"})

    listed = registry.call("GET", "/contracts/orders/usage").json()["items"]
    change = contract(version="1.1.0", operations=[])
    refused = registry.publish(registry.team("erp-team"), change, "orders").json()

    assert sent.status_code == 204
    assert [(one["consumer"], one["owner"], one["calls"]) for one in listed] == [
        ("portal", "erp-team", 3),
        ("stranger", None, 3),
    ]
    impacts = refused["report"]["findings"][0]["consumers"]
    assert {one["consumer"]: one["owner"] for one in impacts} == {
        "portal": "erp-team",
        "stranger": "(not registered)",
    }
    (warning,) = [one.getMessage() for one in caplog.records if one.name == "registry.web"]
    assert "stranger" in warning
    assert "gateway-1" in warning
    assert "portal" not in warning


@pytest.mark.parametrize(("path", "record"), [("/usage", RECORD), ("/drift", DRIFT)])
def test_what_was_seen_in_the_future_is_refused_with_its_pointer(
    registry: RegistryUnderTest, gateway: str, path: str, record: dict[str, Any]
) -> None:
    skewed = {**record, "lastSeen": "2026-11-02T08:05:00Z"}
    future = {**record, "lastSeen": "2026-11-02T08:05:01Z"}

    taken = send(registry, gateway, path, "one", skewed)
    refused = send(registry, gateway, path, "two", skewed, future)
    once_more = send(registry, gateway, path, "two", skewed)

    assert (taken.status_code, refused.status_code, once_more.status_code) == (204, 422, 204)
    problem = refused.json()
    assert problem["code"] == "seen_in_future"
    assert [error["pointer"] for error in problem["errors"]] == ["/records/1/lastSeen"]
    (kept,) = registry.call("GET", "/contracts/orders/usage" if path == "/usage" else "/drift").json()[
        "items"
    ]
    assert kept.get("calls", kept.get("count")) == 2 * record["count"]


def test_a_snapshot_is_what_a_gateway_enforces(registry: RegistryUnderTest, gateway: str) -> None:
    made = registry.consumer("portal", "erp-team", ["erp.order:read"])
    owner = registry.team("erp-team")
    registry.publish(owner, contract(version="1.1.0"), "orders")
    registry.publish(owner, contract(version="2.0.0"), "orders")

    snapshot = registry.call("GET", "/snapshot", token=gateway).json()

    assert snapshot["issuer"] == {
        "issuer": "http://registry.test",
        "jwksUri": "http://registry.test/oauth/jwks",
    }
    assert [(one["name"], one["version"]) for one in snapshot["contracts"]] == [
        ("orders", "1.1.0"),
        ("orders", "2.0.0"),
    ]
    assert snapshot["consumers"] == [
        {
            "name": "portal",
            "owner": "erp-team",
            "clientIds": [made["clientId"]],
            "layer": "experience",
            "plan": {"requestsPerSecond": 5.0, "burst": 10},
        }
    ]
    assert snapshot["revokedTokens"] == []


def test_a_snapshot_is_for_gateways_alone(registry: RegistryUnderTest, gateway: str) -> None:
    made = registry.consumer("portal", "erp-team")
    consumer = registry.token(made["clientId"], made["clientSecret"])
    team = registry.team("erp-team")

    refused = [registry.call("GET", "/snapshot", token=token) for token in (consumer, team, "admin")]

    assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "insufficient_scope")] * 3
    assert "registry:snapshot" in refused[0].json()["detail"]
    assert registry.call("GET", "/snapshot", token=gateway).status_code == 200


def test_a_snapshot_held_already_is_not_sent_again(registry: RegistryUnderTest, gateway: str) -> None:
    first = registry.call("GET", "/snapshot", token=gateway)
    held = {"If-None-Match": first.headers["ETag"]}

    same = registry.call("GET", "/snapshot", token=gateway, headers=held)
    send(registry, gateway, "/usage", "one", RECORD)
    after_usage = registry.call("GET", "/snapshot", token=gateway, headers=held)
    owner = registry.team("erp-team")
    registry.publish(owner, contract(version="1.0.1"), "orders")
    changed = registry.call("GET", "/snapshot", token=gateway, headers=held)

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == first.headers["ETag"]
    assert after_usage.status_code == 304
    assert changed.status_code == 200
    assert changed.json()["revision"] > first.json()["revision"]


def test_the_catalog_is_searched_over_http(registry: RegistryUnderTest, gateway: str) -> None:
    owner = registry.team("erp-team")
    registry.publish(owner, contract(name="quotes", layer="process", title="Angebote"), "quotes")

    def names(**parameters: str) -> list[str]:
        found = registry.call("GET", "/contracts", params=parameters).json()["items"]
        return [one["name"] for one in found]

    assert names() == ["orders", "quotes"]
    assert names(layer="process") == names(q="ANGEB") == ["quotes"]
    assert names(owner="crm-team") == []
    assert registry.call("GET", "/contracts/quotes").json()["versions"] == [
        {"version": "1.0.0", "state": "published"}
    ]
