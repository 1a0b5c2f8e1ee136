"""Deprecation, sunset and retirement of a major version."""

from __future__ import annotations

from typing import Any

import pytest

from tests.registry.harness import FakeClock, RegistryUnderTest, contract

ADDRESS = "/contracts/orders/versions/1.0.0"


@pytest.fixture
def token(registry: RegistryUnderTest) -> str:
    """The owner's token, with orders 1.0.0, 1.1.0 and 2.0.0 in force."""
    made = registry.team("erp-team")
    for number in ("1.0.0", "1.1.0", "2.0.0"):
        assert registry.publish(made, contract(version=number), "orders").status_code == 201
    return made


def put(registry: RegistryUnderTest, token: str, version: str = "1.0.0", **body: Any) -> Any:
    """Reads the version and sets the state that was seen."""
    address = f"/contracts/orders/versions/{version}"
    seen = {"If-Match": registry.call("GET", address).headers["ETag"]}
    return registry.call("PUT", f"{address}/lifecycle", token=token, json=body, headers=seen)


def test_a_deprecation_holds_for_the_whole_major_version(registry: RegistryUnderTest, token: str) -> None:
    dates = {"deprecatedAt": "2026-12-01T01:00:00+01:00", "sunsetAt": "2027-06-30T00:00:00Z"}

    answer = put(registry, token, state="deprecated", successor="2.0.0", **dates)

    expected = {
        "state": "deprecated",
        "deprecatedAt": "2026-12-01T00:00:00Z",
        "sunsetAt": "2027-06-30T00:00:00Z",
        "successor": "2.0.0",
    }
    assert answer.status_code == 200
    assert answer.json()["lifecycle"] == expected
    versions = registry.call("GET", "/contracts/orders/versions").json()["items"]
    assert [(one["version"], one["state"]) for one in versions] == [
        ("2.0.0", "published"),
        ("1.1.0", "deprecated"),
        ("1.0.0", "deprecated"),
    ]
    one, two = registry.snapshot()["contracts"]
    assert (one["version"], one["lifecycle"]) == ("1.1.0", expected)
    assert two["lifecycle"]["state"] == "published"


def test_a_deprecation_without_a_date_is_of_now(registry: RegistryUnderTest, token: str) -> None:
    lifecycle = put(registry, token, state="deprecated").json()["lifecycle"]

    assert (lifecycle["deprecatedAt"], lifecycle["sunsetAt"]) == ("2026-11-02T08:00:00Z", None)


def test_dates_and_successors_must_make_sense(registry: RegistryUnderTest, token: str) -> None:
    def refusal(**body: Any) -> tuple[int, str]:
        response = put(registry, token, **body)
        return response.status_code, response.json()["code"]

    early = {"deprecatedAt": "2026-12-01T00:00:00Z", "sunsetAt": "2026-11-30T00:00:00Z"}
    assert refusal(state="deprecated", **early) == (422, "sunset_before_deprecation")
    assert refusal(state="deprecated", successor="3.0.0") == (422, "successor_unknown")
    assert refusal(state="deprecated", successor="1.1.0") == (422, "successor_unknown")
    assert refusal(state="deprecated", sunsetAt="2026-13-01T00:00:00Z") == (400, "request_invalid")
    assert refusal(state="deprecated", sunsetAt="0001-01-01T00:00:00+23:00") == (422, "date_invalid")
    assert refusal(state="gone") == (400, "request_invalid")


def test_a_retired_major_version_is_not_served_and_stays_retired(
    registry: RegistryUnderTest, token: str
) -> None:
    assert put(registry, token, state="retired").status_code == 200

    assert [one["version"] for one in registry.snapshot()["contracts"]] == ["2.0.0"]
    back = put(registry, token, state="published")
    newer = registry.publish(token, contract(version="1.2.0"), "orders")
    assert (back.status_code, back.json()["code"]) == (409, "lifecycle_final")
    assert (newer.status_code, newer.json()["code"]) == (409, "lifecycle_final")


def test_only_the_owner_sets_the_state(registry: RegistryUnderTest, token: str) -> None:
    stranger = registry.team("crm-team")

    refused = put(registry, stranger, state="retired")

    assert (refused.status_code, refused.json()["code"]) == (403, "not_owner")


def test_a_state_is_set_only_by_who_has_seen_it(registry: RegistryUnderTest, token: str) -> None:
    def send(**headers: str) -> Any:
        body = {"state": "deprecated"}
        return registry.call("PUT", f"{ADDRESS}/lifecycle", token=token, json=body, headers=headers)

    seen = registry.call("GET", ADDRESS).headers["ETag"]

    blind = send()
    weak = send(**{"If-Match": f"W/{seen}"})
    first = send(**{"If-Match": f'"other", {seen}'})
    stale = send(**{"If-Match": seen})
    following = send(**{"If-Match": first.headers["ETag"]})

    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    assert (weak.status_code, weak.json()["code"]) == (412, "precondition_failed")
    assert first.status_code == 200
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert following.status_code == 200
    assert registry.call("GET", ADDRESS).headers["ETag"] == first.headers["ETag"]


def test_the_tag_of_a_version_is_its_own_and_that_of_its_state(
    registry: RegistryUnderTest, token: str
) -> None:
    def tag(version: str) -> str:
        found: str = registry.call("GET", f"/contracts/orders/versions/{version}").headers["ETag"]
        return found

    before = [tag("1.0.0"), tag("1.1.0"), tag("2.0.0")]
    put(registry, token, "1.1.0", state="deprecated")
    after = [tag("1.0.0"), tag("1.1.0"), tag("2.0.0")]

    assert len(set(before)) == 3
    assert tag("latest") == tag("2.0.0")
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, False, True]


def test_a_version_held_already_is_not_sent_again(registry: RegistryUnderTest, token: str) -> None:
    held = {"If-None-Match": registry.call("GET", ADDRESS).headers["ETag"]}

    same = registry.call("GET", ADDRESS, headers=held)
    put(registry, token, state="deprecated")
    changed = registry.call("GET", ADDRESS, headers=held)

    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200


PROMISED = {"deprecatedAt": "2026-11-01T00:00:00Z", "sunsetAt": "2027-06-30T00:00:00Z"}


def relied_on(registry: RegistryUnderTest, token: str) -> None:
    """Version 1 is promised until June, and an application is subscribed to it."""
    registry.team("account-team")
    registry.consumer("portal", "account-team")
    body = {"contract": "orders", "major": 1, "operations": ["order"]}
    assert registry.call("POST", "/consumers/portal/subscriptions", json=body).status_code == 201
    assert put(registry, token, state="deprecated", **PROMISED).status_code == 200


def test_a_promised_sunset_is_kept_while_somebody_relies_on_it(
    registry: RegistryUnderTest, token: str
) -> None:
    relied_on(registry, token)

    earlier = put(registry, token, state="deprecated", **PROMISED | {"sunsetAt": "2027-06-29T00:00:00Z"})
    ended = put(registry, token, state="sunset", **PROMISED)
    retired = put(registry, token, state="retired", **PROMISED)
    later = put(registry, token, state="deprecated", **PROMISED | {"sunsetAt": "2027-07-01T00:00:00Z"})
    withdrawn = put(registry, token, state="published")

    for refused in (earlier, ended, retired):
        assert (refused.status_code, refused.json()["code"]) == (409, "sunset_promised")
        assert "portal" in refused.json()["detail"]
    assert (later.status_code, withdrawn.status_code) == (200, 200)


def test_a_promise_that_nobody_relies_on_may_be_shortened(registry: RegistryUnderTest, token: str) -> None:
    put(registry, token, state="deprecated", **PROMISED)

    earlier = put(registry, token, state="deprecated", **PROMISED | {"sunsetAt": "2026-12-01T00:00:00Z"})

    assert earlier.status_code == 200
    assert put(registry, token, state="retired").status_code == 200


def test_after_the_promised_date_a_major_version_may_end(
    registry: RegistryUnderTest, token: str, clock: FakeClock
) -> None:
    relied_on(registry, token)
    clock.pass_time(days=300)
    registry.tokens.clear()

    assert put(registry, registry.team("erp-team"), state="sunset", **PROMISED).status_code == 200


def test_a_version_does_not_end_its_major_earlier_than_promised(
    registry: RegistryUnderTest, token: str
) -> None:
    relied_on(registry, token)

    early = registry.publish(token, contract(version="1.2.0", sunset="2027-06-29"), "orders")
    on_the_day = registry.publish(token, contract(version="1.2.0", sunset="2027-06-30"), "orders")

    assert (early.status_code, early.json()["code"]) == (409, "sunset_promised")
    assert on_the_day.status_code == 201
