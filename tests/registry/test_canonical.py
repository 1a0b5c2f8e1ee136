"""Canonical schemas: published on their own, referred to by contracts, and judged for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.config import ReportKeeping
from registry.contracts import SpecsReader
from registry.model import Submission, SubmittedDocument
from registry.replacement import replaced
from registry.serve import create_app
from specs.config import LIMITS
from tests.registry.harness import GATEWAY_SCOPES, FakeClock, RegistryUnderTest, audited, start

BASE = "https://pactolus.dev/schemas/canonical"
MONEY_URI = "canonical/money.v1.schema.json"
AMOUNT = {"type": "string", "description": "Decimal.", "maxLength": 20}
CURRENCY = {"type": "string", "description": "A currency.", "pattern": "^[A-Z]{3}$"}


def schema(name: str, version: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A canonical schema of a team."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": more.pop("id", f"{BASE}/{name}.v1.schema.json"),
        "title": name.title(),
        "description": f"A {name}.",
        "x-pactolus": {"name": name, "owner": "data-team", "domain": "canonical", "version": version},
        "type": "object",
        "properties": properties,
        **more,
    }


MONEY = schema("money", "1.0.0", {"amount": AMOUNT, "currency": CURRENCY}, required=["amount"])
LINE = schema("line", "1.0.0", {"price": {"$ref": "money.v1.schema.json"}})


def api(
    name: str, reference: str, version: str = "1.0.0", audience: str = "company-internal"
) -> dict[str, Any]:
    """A contract that takes what the reference leads to."""
    body = {"application/json": {"schema": {"$ref": reference}, "example": {}}}
    problem = {
        "description": "A failure.",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": version,
            "description": "A contract.",
            "x-audience": audience,
        },
        "x-api-id": f"id-of-{name}",
        "x-pactolus": {"name": name, "owner": "erp-team", "layer": "system", "domain": "finance"},
        "servers": [{"url": f"/system/{name}/v1"}],
        "security": [{"oauth": []}],
        "paths": {
            f"/{name}/search": {
                "put": {
                    "operationId": f"search-{name}",
                    "summary": "Search",
                    "description": "Searches.",
                    "requestBody": {"required": True, "content": body},
                    "responses": {"204": {"description": "Done."}, "default": problem},
                }
            }
        },
        "components": {"securitySchemes": {"oauth": {"type": "http", "scheme": "bearer"}}},
    }


def documents(entry: str, value: dict[str, Any], **references: dict[str, Any]) -> dict[str, Any]:
    """The body of a publication; references by the names of their files."""
    named = {f"canonical/{name}.v1.schema.json": one for name, one in references.items()}
    return {
        "document": {"uri": entry, "content": json.dumps(value)},
        "references": [{"uri": uri, "content": json.dumps(one)} for uri, one in named.items()],
    }


def money(version: str = "1.1.0", **changes: Any) -> dict[str, Any]:
    value = {**MONEY, "x-pactolus": {**MONEY["x-pactolus"], "version": version}, **changes}
    return documents("canonical/money.v1.schema.json", value)


def put(registry: RegistryUnderTest, name: str, body: dict[str, Any], **options: Any) -> httpx.Response:
    return registry.call("POST", f"/contracts/{name}/versions", json=body, **options)


@pytest.fixture
def registry(tmp_path: Path, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """With `money`, and with `line` and two contracts that refer to it."""
    yield from with_schemas(f"sqlite:///{tmp_path / 'registry.db'}", clock)


@pytest.fixture
def on_each(database_url: str, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """The same over each kind of database."""
    yield from with_schemas(database_url, clock)


def with_schemas(database_url: str, clock: FakeClock) -> Iterator[RegistryUnderTest]:
    """`invoices` refers to `money` itself, `orders` by way of `line`."""
    started = start(database_url, clock)
    started.app = create_app(started.config, store=started.store, clock=clock)
    for team in ("data-team", "erp-team", "account-team", "enterprise-architecture"):
        started.team(team)
    orders, invoices = api("orders", "../canonical/line.v1.schema.json"), api("invoices", f"../{MONEY_URI}")
    publications = [
        ("money", documents(MONEY_URI, MONEY)),
        ("line", documents("canonical/line.v1.schema.json", LINE, money=MONEY)),
        ("orders", documents("system/orders.json", orders, line=LINE, money=MONEY)),
        ("invoices", documents("system/invoices.json", invoices, money=MONEY)),
    ]
    for name, body in publications:
        made = put(started, name, body)
        assert made.status_code == 201, made.text
    yield started
    started.close()


def test_a_schema_is_published_owned_and_versioned_like_a_contract(registry: RegistryUnderTest) -> None:
    found = registry.call("GET", "/contracts/money").json()

    assert (found["kind"], found["layer"], found["owner"]) == ("jsonschema", "canonical", "data-team")
    assert put(registry, "money", documents("canonical/money.v1.schema.json", MONEY)).status_code == 200
    stranger = registry.team("erp-team")
    assert put(registry, "money", money(), token=stranger).status_code == 403
    assert "money" not in [one["name"] for one in registry.snapshot()["contracts"]]
    assert [one["name"] for one in registry.call("GET", "/contracts?layer=canonical").json()["items"]] == [
        "line",
        "money",
    ]


def test_references_lead_in_and_out(on_each: RegistryUnderTest) -> None:
    registry = on_each
    inward = registry.call("GET", "/contracts/money/versions/1.0.0/references?direction=in").json()
    outward = registry.call("GET", "/contracts/orders/versions/latest/references?direction=out").json()
    none = registry.call("GET", "/contracts/orders/versions/latest/references?direction=in").json()

    assert [(one["contract"], one["direct"]) for one in inward["items"]] == [
        ("invoices", True),
        ("line", True),
        ("orders", False),
    ]
    assert [(one["contract"], one["major"], one["direct"]) for one in outward["items"]] == [
        ("line", 1, True),
        ("money", 1, False),
    ]
    assert none["items"] == []
    path = "/contracts/money/versions/1.0.0/references?direction=in&limit=2"
    first = registry.call("GET", path).json()
    second = registry.call("GET", f"{path}&cursor={first['nextCursor']}").json()
    assert first["items"] + second["items"] == inward["items"]
    assert (len(first["items"]), second["nextCursor"], inward["nextCursor"]) == (2, None, None)


def test_a_schema_that_nobody_calls_is_no_orphan(registry: RegistryUnderTest, clock: FakeClock) -> None:
    clock.pass_time(days=400)
    registry.tokens.clear()

    found = registry.call("GET", "/catalog/upkeep").json()["items"]

    named = {one["subject"] for one in found if one["kind"].startswith("contract")}
    assert named == {"contract:invoices", "contract:orders"}


def test_a_harmless_change_is_judged_for_all_that_refer_to_it(registry: RegistryUnderTest) -> None:
    more = {**MONEY["properties"], "note": {"type": "string", "description": "A note."}}

    answer = put(registry, "money", money(properties=more))

    radius = answer.json()["report"]["blastRadius"]
    assert answer.status_code == 201
    assert (radius["verdict"], radius["owners"]) == ("compatible", [])
    assert [(one["contract"], one["verdict"]) for one in radius["contracts"]] == [
        ("invoices", "compatible"),
        ("line", "compatible"),
        ("orders", "compatible"),
    ]


NARROWED = {"required": ["amount", "currency"]}


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_breaking_change_is_refused_with_its_blast_radius(
    registry: RegistryUnderTest, dry_run: bool
) -> None:
    registry.consumer("portal", "account-team")
    record = {
        "consumer": "portal",
        "contract": "orders",
        "version": "1.0.0",
        "operation": "PUT /orders/search",
        "status": 204,
        "count": 9,
        "firstSeen": "2026-11-02T07:00:00Z",
        "lastSeen": "2026-11-02T07:30:00Z",
    }
    gateway = registry.team("integration-team", GATEWAY_SCOPES)
    batch = {"gateway": "g", "batchId": "b", "records": [record]}
    assert registry.call("POST", "/usage", token=gateway, json=batch).status_code == 204

    refused = put(registry, "money", money(**NARROWED), params={"dryRun": str(dry_run).lower()})

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (409, "compatibility_failed")
    assert "orders of erp-team" in problem["detail"]
    radius = problem["report"]["blastRadius"]
    assert (radius["verdict"], radius["owners"]) == ("breaking", ["data-team", "erp-team"])
    (orders,) = [one for one in radius["contracts"] if one["contract"] == "orders"]
    assert orders["operations"] == ["PUT /orders/search"]
    assert [(one["consumer"], one["owner"], one["calls"]) for one in orders["consumers"]] == [
        ("orders", "erp-team", 0),
        ("portal", "account-team", 9),
    ]
    assert registry.call("GET", "/contracts/money").json()["latest"] == "1.0.0"
    assert len(audited(registry.store, "contract.publication_refused")) == (0 if dry_run else 1)


def test_a_breaking_change_goes_the_way_of_a_change_request(registry: RegistryUnderTest) -> None:
    plan = {
        "type": "normal",
        "title": "A currency is needed",
        "justification": "Sums mixed.",
        "environments": ["prod"],
    }
    opened = registry.call("POST", "/contracts/money/changes", json={**money(**NARROWED), "plan": plan})

    change = opened.json()
    assert opened.status_code == 201, opened.text
    assert {one["team"] for one in change["requirements"]} >= {"data-team", "erp-team"}
    assert change["report"]["blastRadius"]["verdict"] == "breaking"
    page = registry.call("GET", f"/changes/{change['id']}/report", params={"format": "html"})
    assert "Contracts that refer to it" in page.text


def test_what_disappears_from_a_schema_breaks_whoever_refers_to_it(registry: RegistryUnderTest) -> None:
    with_part = {"$defs": {"code": {"type": "string"}}}
    assert put(registry, "money", money(**with_part)).status_code == 201
    grown = {**MONEY, **with_part}
    payments = api("payments", "../canonical/money.v1.schema.json#/$defs/code")
    assert (
        put(registry, "payments", documents("system/payments.json", payments, money=grown)).status_code == 201
    )

    refused = put(registry, "money", money("1.2.0"))

    assert refused.status_code == 409
    (hit,) = [
        one for one in refused.json()["report"]["blastRadius"]["contracts"] if one["contract"] == "payments"
    ]
    assert (hit["verdict"], hit["digest"]) == ("breaking", None)
    assert "cannot be read" in hit["reason"]


def test_a_hidden_contract_decides_and_is_not_named(registry: RegistryUnderTest) -> None:
    hidden = api("invoices", f"../{MONEY_URI}", "1.0.1", "component-internal")
    assert (
        put(registry, "invoices", documents("system/invoices.json", hidden, money=MONEY)).status_code == 201
    )
    data, erp = registry.team("data-team"), registry.team("erp-team")

    answer = put(registry, "money", money(**NARROWED), token=data)

    radius = answer.json()["report"]["blastRadius"]
    assert answer.status_code == 409
    assert "(restricted)" in [one["contract"] for one in radius["contracts"]]
    assert radius["verdict"] == "breaking"
    assert "erp-team" in radius["owners"]
    assert "invoices" not in answer.text
    path = "/contracts/money/versions/1.0.0/references?direction=in"
    seen = {
        team: [one["contract"] for one in registry.call("GET", path, token=token).json()["items"]]
        for team, token in (("data", data), ("erp", erp))
    }
    assert seen == {"data": ["line", "orders"], "erp": ["invoices", "line", "orders"]}


def test_each_major_version_has_an_id_of_its_own_for_ever(registry: RegistryUnderTest) -> None:
    reused = put(registry, "money", money("2.0.0"))
    moved = put(registry, "money", money("1.1.0", **{"$id": f"{BASE}/cash.json"}))
    taken = schema("cash", "1.0.0", {}, id=f"{BASE}/money.v1.schema.json")
    by_another = put(registry, "cash", documents("canonical/cash.json", taken))
    fresh = put(registry, "money", money("2.0.0", **{"$id": f"{BASE}/money.v2.schema.json"}))

    assert [one.json()["code"] for one in (reused, moved, by_another)] == [
        "schema_id_taken",
        "schema_id_changed",
        "schema_id_taken",
    ]
    assert fresh.status_code == 201


def test_contracts_beyond_the_limit_are_unknown_and_not_left_out(
    registry: RegistryUnderTest, clock: FakeClock
) -> None:
    import dataclasses

    config = dataclasses.replace(registry.config, reports=ReportKeeping(fan_out_max=1))
    registry.app = create_app(config, store=registry.store, clock=clock)

    refused = put(registry, "money", money(description="An amount."))

    radius = refused.json()["report"]["blastRadius"]
    assert refused.status_code == 409
    assert [(one["contract"], one["verdict"]) for one in radius["contracts"]] == [
        ("invoices", "compatible"),
        ("line", "unknown"),
        ("orders", "unknown"),
    ]


def submission(*documents: tuple[str, dict[str, Any]]) -> Submission:
    entry, *others = (SubmittedDocument(uri, json.dumps(value).encode()) for uri, value in documents)
    return Submission(entry, tuple(others))


def test_what_the_new_schema_refers_to_comes_along_beside_it() -> None:
    there = submission(("api/a.json", api("a", "../shared/money.json")), ("shared/money.json", MONEY))
    unit = schema("unit", "1.0.0", {})
    new_money = {**MONEY, "properties": {"unit": {"$ref": "unit.v1.schema.json"}}}
    new = submission(("canonical/money.json", new_money), ("canonical/unit.v1.schema.json", unit))

    found = replaced(there, MONEY["$id"], new, LIMITS)

    assert found is not None
    assert [one.uri for one in found.documents] == [
        "api/a.json",
        "shared/money.json",
        "shared/unit.v1.schema.json",
    ]
    assert json.loads(found.references[0].raw) == new_money
    assert SpecsReader().parse(found).documents.keys() == {one.uri for one in found.documents}
    assert replaced(there, "urn:another", new, LIMITS) is None
