"""A change within a major version must be proven compatible; the refusal names who it would break."""

from __future__ import annotations

import pytest

from registry.config import PublishPolicy
from tests.registry.harness import GATEWAY_SCOPES, FakeClock, RegistryUnderTest, contract, start

USED = {
    "consumer": "portal",
    "contract": "orders",
    "version": "1.0.0",
    "operation": "POST /order",
    "status": 201,
    "count": 7,
    "firstSeen": "2026-11-01T08:00:00Z",
    "lastSeen": "2026-11-01T09:00:00Z",
}


@pytest.fixture
def token(registry: RegistryUnderTest) -> str:
    """The owner's token, with orders 1.0.0 in force."""
    made = registry.team("erp-team")
    assert registry.publish(made, contract(operations=["order", "cancel"]), "orders").status_code == 201
    return made


def report_usage(registry: RegistryUnderTest, **changes: object) -> None:
    gateway = registry.team("integration-team", GATEWAY_SCOPES)
    body = {"gateway": "g", "batchId": str(changes), "records": [{**USED, **changes}]}
    assert registry.call("POST", "/usage", token=gateway, json=body).status_code == 204


def test_a_breaking_change_is_refused_with_its_report(registry: RegistryUnderTest, token: str) -> None:
    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders")

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "compatibility_failed")
    assert problem["report"]["verdict"] == "breaking"
    assert problem["report"]["findings"][0]["operation"] == "POST /order"
    assert registry.call("GET", "/contracts/orders").json()["latest"] == "1.0.0"


def test_the_report_names_the_consumers_seen_lately(registry: RegistryUnderTest, token: str) -> None:
    registry.team("account-team")
    registry.consumer("portal", "account-team")
    report_usage(registry)

    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    (consumer,) = refused["report"]["findings"][0]["consumers"]
    assert (consumer["consumer"], consumer["owner"], consumer["calls"]) == ("portal", "account-team", 7)
    assert "portal" in refused["detail"]


@pytest.mark.parametrize("status", [401, 403, 405, 410, 413, 415, 429])
def test_a_consumer_that_was_only_refused_is_not_affected(
    registry: RegistryUnderTest, token: str, status: int
) -> None:
    report_usage(registry, status=status)

    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    assert refused["report"]["findings"][0]["consumers"] == []
    assert "portal" not in refused["detail"]


@pytest.mark.parametrize("status", [200, 400, 404, 422, 502])
def test_refused_calls_are_left_out_of_what_a_report_counts(
    registry: RegistryUnderTest, token: str, status: int
) -> None:
    report_usage(registry, status=status)
    report_usage(registry, status=403, count=100, lastSeen="2026-11-02T07:00:00Z")

    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    (consumer,) = refused["report"]["findings"][0]["consumers"]
    assert (consumer["consumer"], consumer["calls"]) == ("portal", 7)


def test_traffic_of_more_than_thirty_days_ago_does_not_count(
    registry: RegistryUnderTest, token: str, clock: FakeClock
) -> None:
    report_usage(registry)
    clock.pass_time(days=31)
    registry.tokens.clear()
    owner = registry.team("erp-team")

    refused = registry.publish(owner, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    assert refused["report"]["findings"][0]["consumers"] == []


def test_traffic_of_another_major_version_does_not_count(registry: RegistryUnderTest, token: str) -> None:
    report_usage(registry, version="2.0.0")

    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    assert refused["report"]["findings"][0]["consumers"] == []


def test_declared_use_counts_where_none_was_observed(registry: RegistryUnderTest, token: str) -> None:
    registry.team("account-team")
    registry.consumer("portal", "account-team")
    registry.consumer("mobile-app", "account-team")
    for consumer in ("portal", "mobile-app"):
        body = {"contract": "orders", "major": 1, "operations": ["order"]}
        made = registry.call("POST", f"/consumers/{consumer}/subscriptions", json=body)
        assert made.status_code == 201
    report_usage(registry)

    refused = registry.publish(token, contract(version="1.1.0", operations=["cancel"]), "orders").json()

    consumers = refused["report"]["findings"][0]["consumers"]
    assert [(one["consumer"], one["source"], one["calls"]) for one in consumers] == [
        ("portal", "observed", 7),
        ("mobile-app", "declared", 0),
    ]


def test_a_compatible_change_is_stored_with_its_report(registry: RegistryUnderTest, token: str) -> None:
    grown = contract(version="1.1.0", operations=["order", "cancel", "amend"])

    published = registry.publish(token, grown, "orders")

    assert published.status_code == 201
    assert published.json()["report"]["verdict"] == "compatible"
    read = registry.call("GET", "/contracts/orders/versions/1.1.0").json()
    assert read["report"] == published.json()["report"]


def test_a_number_that_promises_too_little_is_refused(registry: RegistryUnderTest, token: str) -> None:
    grown = contract(version="1.0.1", operations=["order", "cancel", "amend"])

    refused = registry.publish(token, grown, "orders")

    assert (refused.status_code, refused.json()["code"]) == (409, "version_bump_too_small")
    assert refused.json()["report"]["bump"] == {"required": "minor", "declared": "patch", "sufficient": False}


def test_a_new_major_version_may_break_and_says_what(registry: RegistryUnderTest, token: str) -> None:
    published = registry.publish(token, contract(version="2.0.0", operations=["cancel"]), "orders")

    assert published.status_code == 201
    assert published.json()["report"]["verdict"] == "breaking"
    assert published.json()["report"]["before"]["version"] == "1.0.0"


def test_what_cannot_be_proven_is_refused_unless_the_policy_allows_it(
    registry: RegistryUnderTest, token: str, tmp_path: object
) -> None:
    doubtful = contract(version="1.0.1", operations=["order", "cancel"], verdict="unknown")

    refused = registry.publish(token, doubtful, "orders")

    assert (refused.status_code, refused.json()["code"]) == (409, "compatibility_failed")
    assert refused.json()["report"]["verdict"] == "unknown"
    lenient = start(
        f"sqlite:///{tmp_path}/lenient.db", registry.clock, publishing=PublishPolicy(allow_unknown=True)
    )
    owner = lenient.team("erp-team")
    lenient.publish(owner, contract(operations=["order", "cancel"]), "orders")
    assert lenient.publish(owner, doubtful, "orders").status_code == 201
    lenient.close()


def test_two_published_versions_are_compared(registry: RegistryUnderTest, token: str) -> None:
    registry.publish(token, contract(version="2.0.0", operations=["cancel"]), "orders")

    def compare(before: str, after: str) -> object:
        return registry.call(
            "GET", "/contracts/orders/comparison", params={"before": before, "after": after}
        ).json()

    assert compare("1.0.0", "2.0.0")["verdict"] == "breaking"  # type: ignore[index]
    assert compare("2.0.0", "1.0.0")["verdict"] == "compatible"  # type: ignore[index]
    assert compare("1.0.0", "9.0.0")["code"] == "version_not_found"  # type: ignore[index]


def test_a_change_is_checked_without_storing_it(registry: RegistryUnderTest, token: str) -> None:
    report_usage(registry)
    after = {"document": {"uri": "o.json", "content": contract(version="1.1.0", operations=["cancel"])}}
    before = {"document": {"uri": "o.json", "content": contract(operations=["order"])}}

    published = {"contract": "orders", "before": {"version": "latest"}, "after": after}
    report = registry.call("POST", "/compatibility-checks", json=published).json()
    alone = registry.call("POST", "/compatibility-checks", json={"before": before, "after": after}).json()

    assert report["verdict"] == alone["verdict"] == "breaking"
    assert [one["consumer"] for one in report["findings"][0]["consumers"]] == ["portal"]
    assert alone["findings"][0]["consumers"] == []
    assert registry.call("GET", "/contracts/orders").json()["latest"] == "1.0.0"


def test_a_check_needs_one_clear_side_before(registry: RegistryUnderTest, token: str) -> None:
    after = {"document": {"uri": "o.json", "content": contract()}}

    def refusal(**body: object) -> tuple[int, str]:
        response = registry.call("POST", "/compatibility-checks", json={**body, "after": after})
        return response.status_code, response.json()["code"]

    assert refusal(before={}) == (422, "before_missing")
    assert refusal(before={"version": "1.0.0"}) == (422, "before_missing")
    assert refusal(contract="orders", before={**after, "version": "1.0.0"}) == (422, "before_ambiguous")
    assert refusal(contract="nothing", before={"version": "1.0.0"}) == (404, "contract_not_found")
