"""The graph, duplicates, upkeep and domains, over every database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from registry.model import ClientKind
from registry.model.facts import OperationShape
from registry.model.graph import PublishedShape
from registry.usecases.duplicates import likeness_of
from tests.registry.harness import GATEWAY_SCOPES, START, FakeClock, RegistryUnderTest, contract

MONEY = "https://pactolus.test/money"
TOTALS = "https://pactolus.test/totals"


def shape(
    name: str, entity: str = "customer", fields: tuple[str, ...] = ("id", "name", "taxId")
) -> list[Any]:
    return [name, f"GET /{entity}s/{{{name}}}", "read", entity, ["get", entity], list(fields)]


def count_calls(registry: RegistryUnderTest, consumer: str, name: str, calls: int, **more: Any) -> None:
    token = registry.team("gateway-team", GATEWAY_SCOPES)
    seen = registry.clock.at.isoformat().replace("+00:00", "Z")
    record = {
        "consumer": consumer, "contract": name, "version": "1.0.0", "operation": "POST /order",
        "status": 201, "count": calls, "firstSeen": seen, "lastSeen": seen, **more,
    }  # fmt: skip
    body = {"gateway": "g", "batchId": f"b-{consumer}-{name}-{calls}", "records": [record]}
    assert registry.call("POST", "/usage", token=token, json=body).status_code == 204


def graph(registry: RegistryUnderTest, focus: str, **params: Any) -> dict[str, Any]:
    response = registry.call("GET", "/catalog/graph", params={"focus": focus, **params})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def arrows(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(edge["source"], edge["kind"], edge["target"]) for edge in answer["edges"]]


@pytest.fixture
def linked(anywhere: RegistryUnderTest) -> RegistryUnderTest:
    """A portal that calls orders and declares quotes, which both need money, orders by way of totals."""
    token = anywhere.team("erp-team")
    links = [["", TOTALS], [TOTALS, MONEY]]
    assert anywhere.publish(token, contract(links=links), "orders").status_code == 201
    text = contract(name="quotes", links=[["", MONEY]])
    assert anywhere.publish(token, text, "quotes").status_code == 201
    anywhere.team("portal-team")
    anywhere.consumer("portal", "portal-team")
    body = {"contract": "quotes", "major": 1}
    assert anywhere.call("POST", "/consumers/portal/subscriptions", json=body).status_code == 201
    count_calls(anywhere, "portal", "orders", 7)
    return anywhere


def test_the_blast_radius_of_a_schema_reaches_the_teams_that_call(linked: RegistryUnderTest) -> None:
    answer = graph(linked, f"schema:{MONEY}", direction="in", depth=5)

    assert arrows(answer) == [
        ("consumer:portal", "calls", "contract:orders"),
        ("consumer:portal", "declares", "contract:quotes"),
        ("contract:orders", "refers", f"schema:{TOTALS}"),
        ("contract:quotes", "refers", f"schema:{MONEY}"),
        (f"schema:{TOTALS}", "refers", f"schema:{MONEY}"),
        ("team:erp-team", "owns", "contract:orders"),
        ("team:erp-team", "owns", "contract:quotes"),
        ("team:portal-team", "owns", "consumer:portal"),
    ]
    called = answer["edges"][0]
    assert (called["major"], called["calls"], called["lastSeen"]) == (1, 7, "2026-11-02T08:00:00Z")
    assert answer["truncated"] is False
    assert answer["nodes"][0] == {
        "id": f"schema:{MONEY}", "kind": "schema", "name": MONEY,
        "title": None, "owner": None, "layer": None, "domain": None,
    }  # fmt: skip


def test_what_a_consumer_needs_is_found_along_the_edges(linked: RegistryUnderTest) -> None:
    one = graph(linked, "consumer:portal", direction="out", depth=1)
    all_of_it = graph(linked, "consumer:portal", direction="out", depth=4)

    assert arrows(one) == [
        ("consumer:portal", "calls", "contract:orders"),
        ("consumer:portal", "declares", "contract:quotes"),
    ]
    assert {node["id"] for node in all_of_it["nodes"]} == {
        "consumer:portal", "contract:orders", "contract:quotes", f"schema:{TOTALS}", f"schema:{MONEY}",
    }  # fmt: skip


def test_a_graph_is_cut_at_its_bound_and_says_so(linked: RegistryUnderTest) -> None:
    answer = graph(linked, "team:erp-team", depth=5, limit=2)

    assert len(answer["nodes"]) == 2
    assert answer["truncated"] is True


def test_calls_that_are_long_ago_or_were_refused_are_no_edges(
    linked: RegistryUnderTest, clock: FakeClock
) -> None:
    count_calls(linked, "portal", "quotes", 3, status=403)
    assert ("consumer:portal", "calls", "contract:quotes") not in arrows(graph(linked, "consumer:portal"))

    clock.pass_time(days=40)
    linked.tokens.clear()
    assert ("consumer:portal", "calls", "contract:orders") not in arrows(graph(linked, "consumer:portal"))


@pytest.mark.parametrize(
    ("focus", "status"),
    [
        ("contract:none", 404),
        ("schema:none", 404),
        ("team:no team", 404),
        ("nonsense", 400),
        ("domain:x", 400),
    ],
)
def test_a_graph_has_a_middle(registry: RegistryUnderTest, focus: str, status: int) -> None:
    assert registry.call("GET", "/catalog/graph", params={"focus": focus}).status_code == status


def test_two_contracts_that_do_the_same_are_found_with_the_reason(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")
    for name, layer, shapes in (
        ("crm", "system", [shape("crmId"), shape("x", entity="quote")]),
        ("erp", "system", [shape("erpId"), shape("y", entity="order")]),
        ("portal", "experience", [shape("portalId")]),
    ):
        text = contract(name=name, layer=layer, shapes=shapes)
        assert anywhere.publish(token, text, name).status_code == 201

    found = anywhere.call("GET", "/catalog/duplicates").json()["items"]
    wider = anywhere.call("GET", "/catalog/duplicates", params={"acrossLayers": "true"}).json()["items"]

    assert [one["contracts"] for one in found] == [["crm", "erp"]]
    assert found[0]["score"] == 1
    assert found[0]["reason"] == "Both read 'customer'; alike in path 100%, names 100%, fields 100%."
    sides = found[0]["operations"][0]["operations"]
    assert [side["operation"] for side in sides] == ["GET /customers/{crmId}", "GET /customers/{erpId}"]
    assert [one["contracts"] for one in wider] == [["crm", "erp"], ["crm", "portal"], ["erp", "portal"]]


def test_the_score_is_the_sum_that_is_told() -> None:
    def published(name: str, words: tuple[str, ...], fields: tuple[str, ...]) -> PublishedShape:
        return PublishedShape(
            "c", 1, "system", "t", OperationShape("o", name, "read", "customer", words, fields)
        )

    one = published("GET /customers/{id}", ("get", "customer"), ("id", "name"))
    other = published("GET /erp/customers/{ref}", ("read", "customer"), ("id", "number"))

    likeness = likeness_of(one, other)
    assert (likeness.path, likeness.words, likeness.fields) == (0.0, 1 / 3, 1 / 3)
    assert likeness.score == pytest.approx(0.7 / 3)
    near = likeness_of(one, published("GET /customers/{ref}", ("read", "customer"), ("id", "number")))
    assert near.score == pytest.approx(0.3 + 0.7 / 3)
    bare = likeness_of(one, published("GET /customers/{ref}", ("read", "customer"), ()))
    assert (bare.fields, bare.score) == (None, (1.0 + 1 / 3) / 2)


def kinds(registry: RegistryUnderTest, **params: Any) -> list[tuple[str, str]]:
    registry.tokens.clear()
    items = registry.call("GET", "/catalog/upkeep", params=params).json()["items"]
    return [(one["kind"], one["subject"]) for one in items]


def test_what_nobody_uses_is_told_once_it_is_old_enough(linked: RegistryUnderTest, clock: FakeClock) -> None:
    token = linked.team("erp-team")
    linked.publish(token, contract(name="forgotten"), "forgotten")
    assert kinds(linked) == []

    clock.pass_time(days=91)

    assert kinds(linked) == [
        ("consumer_not_calling", "consumer:portal"),
        ("contract_not_called", "contract:orders"),
        ("contract_not_called", "contract:quotes"),
        ("contract_without_consumer", "contract:forgotten"),
    ]
    count_calls(linked, "portal", "orders", 8)
    assert kinds(linked, kind="contract_not_called") == [("contract_not_called", "contract:quotes")]
    assert kinds(linked, days=92) == []


def test_a_pair_that_is_no_longer_alike_is_gone_from_the_list_at_once(anywhere: RegistryUnderTest) -> None:
    token = anywhere.team("erp-team")

    def pairs() -> list[list[str]]:
        items = anywhere.call("GET", "/catalog/duplicates").json()["items"]
        return [one["contracts"] for one in items]

    for name in ("crm", "erp"):
        anywhere.publish(token, contract(name=name, shapes=[shape(name)]), name)
    assert pairs() == [["crm", "erp"]]
    assert pairs() == [["crm", "erp"]]
    anywhere.publish(token, contract(name="psa", shapes=[shape("psa")]), "psa")
    assert pairs() == [["crm", "erp"], ["crm", "psa"], ["erp", "psa"]]

    text = contract(name="crm", version="1.0.1", shapes=[shape("crm", "person", ("age",))])
    assert anywhere.publish(token, text, "crm").status_code == 201

    assert pairs() == [["erp", "psa"]]


def test_only_the_latest_call_that_was_not_refused_is_a_sign_of_life(
    linked: RegistryUnderTest, clock: FakeClock
) -> None:
    def dated(days_ago: int) -> dict[str, str]:
        at = (clock.at - timedelta(days=days_ago)).isoformat().replace("+00:00", "Z")
        return {"firstSeen": at, "lastSeen": at}

    clock.pass_time(days=200)
    linked.tokens.clear()
    count_calls(linked, "portal", "orders", 1, **dated(10))
    count_calls(linked, "portal", "orders", 2, **dated(150))
    count_calls(linked, "portal", "quotes", 3, **dated(150))
    count_calls(linked, "portal", "quotes", 4, status=403, **dated(1))

    found = linked.call("GET", "/catalog/upkeep").json()["items"]

    last_seen = (clock.at - timedelta(days=150)).isoformat().replace("+00:00", "Z")
    assert [(one["kind"], one["subject"], one["lastSeen"]) for one in found] == [
        ("contract_not_called", "contract:quotes", last_seen)
    ]


def test_an_owner_that_cannot_act_and_a_sunset_that_passed_are_told(
    linked: RegistryUnderTest, clock: FakeClock
) -> None:
    tag = linked.call("GET", "/contracts/orders/versions/1.0.0").headers["etag"]
    end = (START + timedelta(days=1)).isoformat()
    body = {"state": "deprecated", "sunsetAt": end}
    path = "/contracts/orders/versions/1.0.0/lifecycle"
    assert linked.call("PUT", path, json=body, headers={"If-Match": tag}).status_code == 200
    with linked.store.writing() as transaction:
        for client in transaction.clients.clients_of(ClientKind.TEAM, "erp-team"):
            transaction.clients.withdraw(client.client_id, clock.at)

    clock.pass_time(days=2)

    assert kinds(linked) == [
        ("owner_without_clients", "team:erp-team"),
        ("sunset_passed", "contract:orders"),
    ]


def test_domains_are_those_described_and_those_that_contracts_name(linked: RegistryUnderTest) -> None:
    items = linked.call("GET", "/domains").json()["items"]

    assert [(one["name"], one["title"], one["contracts"]) for one in items] == [
        ("commercial", "CRM and CPQ", 0),
        ("delivery", "PSA or delivery platform", 0),
        ("finance", None, 2),
    ]
    assert items[0]["governanceFocus"] == "Field standards, version control, API contract discipline"
    assert (items[1]["integrationResponsibility"], items[1]["governanceFocus"]) == (None, None)


def test_a_domain_is_described_by_who_saw_what_stands(linked: RegistryUnderTest) -> None:
    def put(tag: str, **body: str) -> int:
        return linked.call("PUT", "/domains/finance", json=body, headers={"If-Match": tag}).status_code

    assert linked.call("GET", "/domains/finance").headers["etag"] == '"0"'
    assert put('"1"', title="ERP") == 412
    assert put('"0"', title="ERP") == 200
    assert put('"0"', title="Lost") == 412
    assert linked.call("PUT", "/domains/finance", json={"title": "x"}).status_code == 428
    assert linked.call("GET", "/domains/none").status_code == 404

    found = linked.call("GET", "/domains/finance")
    assert (found.json()["title"], found.headers["etag"]) == ("ERP", '"1"')
    token = linked.team("erp-team")
    headers = {"If-Match": '"1"'}
    refused = linked.call("PUT", "/domains/finance", token=token, json={}, headers=headers)
    assert refused.status_code == 403
