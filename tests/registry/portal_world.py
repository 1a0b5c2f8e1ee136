"""A registry with a firm's work in it, for tests of the portal: traffic, changes, ends and freezes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from registry.usecases.accounts import add_account
from specs.files import documents_root
from tests.registry.harness import GATEWAY_SCOPES, RegistryUnderTest
from tests.registry.packaged import CONTRACTS, body_of, real_registry
from tests.registry.readers import PASSWORD

APPROVER = ("registry:approve", "registry:publish", "registry:read")
BOARD = "enterprise-architecture"
CONSUMERS = {
    "quote-orchestrator": ("integration-engineering", "process", 420),
    "finance-close": ("finance-systems", "system", 180),
    "data-warehouse": ("finance-systems", "process", 60),
    "client-portal-web": ("account-teams", "experience", 240),
    "sales-console": ("crm-team", "system", 90),
    "cpq-bridge": ("sales-operations", "process", 35),
    "regional-billing-reconciliation-and-revenue-recognition-batch": ("finance-systems", "process", 9),
}
PEOPLE = {
    "anna": ("Anna Berg", "erp-team"),
    "bea": ("Bea Lind", BOARD),
    "carl": ("Carl Okafor", "finance-systems"),
    "dora": ("Dora Sommer", "integration-engineering"),
    "root": ("Root", None),
}
LONG_NAME = "professional-services-time-and-material-revenue-accrual-ledger"
CALLS = {
    "erp-orders": ("1.0.0", ("GET /orders/{orderId}", "POST /orders", "GET /orders")),
    "crm-quote": ("1.0.0", ("GET /quotes/{quoteId}",)),
    "master-data": ("1.0.0", ("GET /currencies",)),
}
"""The version and the operations that gateways counted calls of."""


@dataclass
class World:
    """The registry with the identifiers of its change requests by what they are for."""

    registry: RegistryUnderTest
    changes: dict[str, str] = field(default_factory=dict)


def world(folder: Path) -> World:
    """A fresh one; a few seconds' work, so it is made once."""
    registry = real_registry(folder)
    made = World(registry)
    for team in ("finance-systems",):
        registry.team(team)
    for path in CONTRACTS:
        name, body = body_of(path)
        answer = registry.call("POST", f"/contracts/{name}/versions", json=body)
        assert answer.status_code == 201, answer.text
    publish_long_name(registry)
    for name, (owner, _, _) in CONSUMERS.items():
        registry.consumer(name, owner)
    count_traffic(registry)
    end_a_version(registry)
    open_changes(made)
    freeze(registry)
    for name, (title, team) in PEOPLE.items():
        add_account(registry.store, registry.clock, name, title, team, PASSWORD)
    return made


def publish_long_name(registry: RegistryUnderTest) -> None:
    """A contract of the longest names, which keeps few rules of style."""
    _, body = body_of(documents_root() / "system" / "master-data.v1.openapi.yaml")
    value = yaml.safe_load(body["document"]["content"])
    value["x-pactolus"]["name"] = LONG_NAME
    value["x-pactolus"]["owner"] = "erp-team"
    value["servers"] = [{"url": f"/system/{LONG_NAME}/v1"}]
    value["info"]["x-api-id"] = "0b8d5a4e-7f60-4a4c-9b84-51a0a6a1c0de"
    value["info"]["title"] = (
        "Professional services time-and-material revenue accrual ledger of all legal entities"
    )
    amount = {"type": "number", "description": "What was accrued, as `amount`."}
    value["components"].setdefault("schemas", {})["Accrual"] = {
        "type": "object",
        "description": "Revenue of a period.\nIt is not invoiced yet.",
        "properties": {"totalAmount": amount},
    }
    body["document"]["content"] = yaml.safe_dump(value, sort_keys=False)
    answer = registry.call("POST", f"/contracts/{LONG_NAME}/versions", json=body)
    assert answer.status_code == 201, answer.text


def count_traffic(registry: RegistryUnderTest) -> None:
    """Thirty days of calls, fewer on weekends; some are answered with errors."""
    gateway = registry.team("integration-engineering", GATEWAY_SCOPES)
    today = registry.clock().date()
    for back in range(30):
        day = today - timedelta(days=back)
        records = [record for contract in CALLS for record in calls_of(contract, day)]
        batch = {"gateway": "gateway-1", "batchId": f"day-{back}", "records": records}
        answer = registry.call("POST", "/usage", token=gateway, json=batch)
        assert answer.status_code in (200, 204), answer.text
    drift = {
        "contract": "erp-orders",
        "version": "1.0.0",
        "operation": "GET /orders/{orderId}",
        "upstream": "http://erp.internal:8080",
        "status": 200,
        "count": 3,
        "firstSeen": f"{today - timedelta(days=1)}T09:00:00Z",
        "lastSeen": f"{today - timedelta(days=1)}T10:30:00Z",
        "errors": [{"pointer": "/body/purchaseOrderRef", "detail": "value is longer than 64"}],
    }
    body = {"gateway": "gateway-1", "batchId": "drift-1", "records": [drift]}
    answer = registry.call("POST", "/drift", token=gateway, json=body)
    assert answer.status_code in (200, 204), answer.text


def calls_of(contract: str, day: date) -> list[dict[str, Any]]:
    """The records of one day; the numbers follow from the names, so that they are the same in each run."""
    version, operations = CALLS[contract]
    found = []
    for position, (consumer, (_, _, usual)) in enumerate(CONSUMERS.items()):
        if (position + len(contract)) % 3 == 0:
            continue
        share = 4 if day.weekday() >= 5 else 10
        calls = usual * (share + (day.day * 7 + position) % 5) // 10
        for at, operation in enumerate(operations):
            for status, count in ((200, calls // (at + 1)), (422, calls // 60 if at else 0)):
                if count:
                    seen = f"{day}T07:{10 + position:02d}:00Z"
                    found.append(
                        {
                            "consumer": consumer,
                            "contract": contract,
                            "version": version,
                            "operation": operation,
                            "status": status,
                            "count": count,
                            "firstSeen": seen,
                            "lastSeen": seen,
                        }
                    )
    return found


def end_a_version(registry: RegistryUnderTest) -> None:
    """Version 1 of the quotes ends in about three weeks and is still called."""
    path = "/contracts/crm-quote/versions/1.0.0"
    tag = registry.call("GET", path).headers["ETag"]
    ends = registry.clock().date() + timedelta(days=24)
    asked = {"state": "deprecated", "sunsetAt": f"{ends}T00:00:00Z", "successor": "2.0.0"}
    answer = registry.call("PUT", f"{path}/lifecycle", json=asked, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    answer = registry.call(
        "POST",
        "/consumers/client-portal-web/subscriptions",
        json={"contract": "crm-quote", "major": 2, "operations": []},
    )
    assert answer.status_code == 201, answer.text


def open_changes(made: World) -> None:
    """Requests in several states: two wait, one is approved, one was rejected."""
    made.changes["tax"] = opened(made, "1.1.0", "Demand a tax category for each order", needs_tax)
    made.changes["reject-me"] = opened(
        made, "1.2.0", "Take the purchase order reference out", drops_reference
    )
    made.changes["second"] = opened(made, "1.3.0", "Orders without a customer are refused", needs_reference)
    rejected = opened(made, "1.4.0", "Rename the currency", drops_reference)
    made.changes["rejected"] = rejected
    decide(made, rejected, "finance-systems", "reject", "We close the books with it on the third day.")
    comment = {"text": "The tax office asks for it from January on; see the letter of 12 October."}
    token = made.registry.team("erp-team", APPROVER)
    answer = made.registry.call("POST", f"/changes/{made.changes['tax']}/comments", token=token, json=comment)
    assert answer.status_code in (200, 201), answer.text
    decide(made, made.changes["tax"], "integration-engineering", "approve", None)


def opened(made: World, version: str, title: str, change: Callable[[dict[str, Any]], None]) -> str:
    """A change request for a breaking edit of the orders; its identifier."""
    name, body = body_of(documents_root() / "system" / "erp-orders.v1.openapi.yaml")
    value = copy.deepcopy(yaml.safe_load(body["document"]["content"]))
    value["info"]["version"] = version
    change(value["components"])
    body["document"]["content"] = yaml.safe_dump(value, sort_keys=False)
    body["plan"] = {
        "type": "normal",
        "title": title,
        "justification": "From January on the tax office wants the category of each supply on the invoice.\n"
        "We know it when the order is created and nowhere later.",
        "environments": ["test", "prod"],
        "windowStart": "2026-11-20T18:00:00Z",
        "windowEnd": "2026-11-20T22:00:00Z",
        "implementation": "Publish, deploy to test, wait for two days of green runs, then deploy to prod.",
    }
    token = made.registry.team("erp-team")
    answer = made.registry.call("POST", f"/contracts/{name}/changes", token=token, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def decide(made: World, change: str, team: str, decision: str, text: str | None) -> None:
    token = made.registry.team(team, APPROVER)
    digest = made.registry.call("GET", f"/changes/{change}").json()["digest"]
    body = {"decision": decision, "digest": digest} | ({"text": text} if text else {})
    answer = made.registry.call("POST", f"/changes/{change}/decisions", token=token, json=body)
    assert answer.status_code == 200, answer.text


def freeze(registry: RegistryUnderTest) -> None:
    """The close of the year."""
    body = {
        "environment": "prod",
        "startsAt": "2026-12-18T00:00:00Z",
        "endsAt": "2027-01-07T00:00:00Z",
        "reason": "Close of the year: nothing moves before the books are shut.",
    }
    answer = registry.call("POST", "/freezes", token=registry.team(BOARD, APPROVER), json=body)
    assert answer.status_code == 201, answer.text


def needs_tax(components: dict[str, Any]) -> None:
    schema = components["schemas"]["OrderCreate"]
    schema["properties"]["taxCategory"] = {
        "description": "Tax category of the whole order, by the codes of UNCL 5305.",
        "type": "string",
        "enum": ["S", "Z", "E"],
    }
    schema["required"].append("taxCategory")
    components["examples"]["OrderCreate"]["value"]["taxCategory"] = "S"
    drops_reference(components)


def drops_reference(components: dict[str, Any]) -> None:
    del components["schemas"]["Order"]["properties"]["purchaseOrderRef"]
    del components["examples"]["Order"]["value"]["purchaseOrderRef"]
    del components["examples"]["OrderPage"]["value"]["items"][0]["purchaseOrderRef"]


def needs_reference(components: dict[str, Any]) -> None:
    components["schemas"]["OrderCreate"]["required"].append("purchaseOrderRef")
