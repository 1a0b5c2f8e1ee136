"""Teams, consumers, their clients and subscriptions over HTTP."""

from __future__ import annotations

import pytest

from tests.registry.harness import RegistryUnderTest, contract

PLAN = {"requestsPerSecond": 5, "burst": 10}


def consumer_body(name: str = "portal", owner: str = "erp-team", **more: object) -> dict[str, object]:
    return {"name": name, "owner": owner, "layer": "experience", "plan": PLAN, **more}


def test_a_team_is_created_once_and_found(registry: RegistryUnderTest) -> None:
    made = registry.call("POST", "/teams", json={"name": "erp-team", "title": "ERP"})
    again = registry.call("POST", "/teams", json={"name": "erp-team"})

    assert made.status_code == 201
    assert registry.call("GET", made.headers["Location"].removeprefix("/registry/v1")).json() == made.json()
    assert made.json() == {"name": "erp-team", "title": "ERP", "createdAt": "2026-11-02T08:00:00Z"}
    assert (again.status_code, again.json()["code"]) == (409, "team_exists")
    assert registry.call("GET", "/teams/no-team").json()["code"] == "team_not_found"


@pytest.mark.parametrize("name", ["E", "a", "-a", "a_b", "a" * 64, "ab\n", ""])
def test_a_name_that_does_not_fit_into_an_address_is_refused(registry: RegistryUnderTest, name: str) -> None:
    refused = registry.call("POST", "/teams", json={"name": name})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/name"


def test_a_list_is_read_page_by_page(registry: RegistryUnderTest) -> None:
    names = [f"team-{n:02}" for n in range(7)]
    for name in reversed(names):
        registry.call("POST", "/teams", json={"name": name})

    found, cursor = [], None
    while True:
        parameters = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = registry.call("GET", "/teams", params=parameters).json()
        assert len(page["items"]) <= 3
        found += [team["name"] for team in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break

    assert found == names


@pytest.mark.parametrize("cursor", ["abc", "WyJhIiwiYiJd", "WzFd", "e30", "AAAA"])
def test_a_cursor_of_another_list_is_refused(registry: RegistryUnderTest, cursor: str) -> None:
    refused = registry.call("GET", "/teams", params={"cursor": cursor})

    assert (refused.status_code, refused.json()["code"]) == (400, "request_invalid")


def test_a_team_registers_its_own_consumers_only(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.team("crm-team")

    own = registry.call("POST", "/consumers", token=token, json=consumer_body())
    foreign = registry.call("POST", "/consumers", token=token, json=consumer_body("crm-app", "crm-team"))
    nobodys = registry.call("POST", "/consumers", json=consumer_body("some-app", "no-team"))
    again = registry.call("POST", "/consumers", json=consumer_body())

    assert own.status_code == 201
    assert own.json()["plan"] == PLAN
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_owner")
    assert (nobodys.status_code, nobodys.json()["code"]) == (422, "owner_unknown")
    assert (again.status_code, again.json()["code"]) == (409, "consumer_exists")
    assert [one["name"] for one in registry.call("GET", "/consumers").json()["items"]] == ["portal"]


def test_only_the_administrator_grants_scopes(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.call("POST", "/consumers", token=token, json=consumer_body())
    body = {"scopes": ["erp.order:write"]}

    by_team = registry.call("POST", "/consumers/portal/credentials", token=token, json=body)
    by_admin = registry.call("POST", "/consumers/portal/credentials", json=body)
    powerful = registry.call("POST", "/consumers/portal/credentials", json={"scopes": ["registry:admin"]})

    assert (by_team.status_code, by_team.json()["code"]) == (403, "insufficient_scope")
    assert by_admin.status_code == 201
    assert by_admin.json()["scopes"] == ["erp.order:write", "registry:read"]
    assert by_admin.headers["Cache-Control"] == "no-store"
    assert (powerful.status_code, powerful.json()["code"]) == (422, "scope_not_grantable")
    assert registry.call("GET", "/consumers/portal").json()["clientIds"] == [by_admin.json()["clientId"]]


def test_a_party_has_a_bounded_number_of_clients(registry: RegistryUnderTest) -> None:
    registry.team("erp-team")
    path = "/teams/erp-team/credentials"

    statuses = [registry.call("POST", path).status_code for _ in range(20)]

    assert statuses == [201] * 19 + [409]


def test_operations_subscribed_to_must_exist(registry: RegistryUnderTest) -> None:
    token = registry.team("erp-team")
    registry.publish(token, contract(operations=["order", "cancel"]), "orders")
    registry.call("POST", "/consumers", token=token, json=consumer_body())

    def subscribe(**changes: object) -> tuple[int, str | None]:
        body = {"contract": "orders", "major": 1, "operations": ["order"], **changes}
        response = registry.call("POST", "/consumers/portal/subscriptions", token=token, json=body)
        return response.status_code, response.json().get("code")

    assert subscribe(operations=["order", "amend"]) == (422, "operation_unknown")
    assert subscribe(major=2) == (404, "version_not_found")
    assert subscribe(contract="nothing") == (404, "contract_not_found")
    assert subscribe() == (201, None)
    assert subscribe() == (409, "subscription_exists")
    (held,) = registry.call("GET", "/consumers/portal/subscriptions").json()["items"]
    path = f"/consumers/portal/subscriptions/{held['id']}"
    stranger = registry.team("crm-team")
    assert registry.call("DELETE", path, token=stranger).status_code == 403
    assert registry.call("DELETE", path, token=token).status_code == 204
    assert registry.call("DELETE", path, token=token).status_code == 404
