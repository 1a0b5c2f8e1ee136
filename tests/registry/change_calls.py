"""Calls about change requests that several tests make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from tests.registry.harness import GATEWAY_SCOPES, RegistryUnderTest, contract

APPROVER = ("registry:approve", "registry:publish", "registry:read")
BOARD = "enterprise-architecture"
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
PLAN = {"type": "normal", "title": "Cancel only", "justification": "Nobody orders.", "environments": ["prod"]}
BREAKING = contract(version="1.1.0", operations=["cancel"])


@dataclass
class Board:
    """The parties to a breaking change of `orders`: its author, a second pair of eyes, a consumer's team."""

    registry: RegistryUnderTest
    author: str
    colleague: str
    consumer_team: str
    board: str

    def open(self, text: str = BREAKING, token: str | None = None, **plan: Any) -> httpx.Response:
        body = {"document": {"uri": "orders.json", "content": text}, "plan": {**PLAN, **plan}}
        path = "/contracts/orders/changes"
        return self.registry.call("POST", path, token=token or self.author, json=body)

    def opened(self, **options: Any) -> Any:
        response = self.open(**options)
        assert response.status_code == 201, response.text
        return response.json()

    def decide(self, change: Any, token: str, decision: str = "approve", **more: Any) -> httpx.Response:
        body = {"decision": decision, "digest": change["digest"], **more}
        return self.registry.call("POST", f"/changes/{change['id']}/decisions", token=token, json=body)

    def approved(self, **options: Any) -> Any:
        """A change with the approvals that it needs."""
        change = self.opened(**options)
        tokens = {"erp-team": self.colleague, "account-team": self.consumer_team, BOARD: self.board}
        for token in (tokens[one["team"]] for one in change["requirements"]):
            if self.get(change)["state"] == "open":
                assert self.decide(change, token).status_code == 200
        assert self.get(change)["state"] == "approved"
        return change

    def get(self, change: Any) -> Any:
        return self.registry.call("GET", f"/changes/{change['id']}").json()

    def gate(self, change: Any, environment: str = "prod") -> httpx.Response:
        return self.registry.call("GET", f"/changes/{change['id']}/gate", params={"environment": environment})

    def tested(self, bundle: str, outcome: str = "passed", run: str = "1", suite: str = "contract") -> int:
        """Records a run of tests; the status of the answer."""
        body = {"bundleSha256": bundle, "suite": suite, "run": run, "outcome": outcome}
        path = "/contracts/orders/test-evidence"
        return self.registry.call("POST", path, token=self.author, json=body).status_code

    def bundle(self, version: str) -> str:
        found = self.registry.call("GET", f"/contracts/orders/versions/{version}").json()["bundleSha256"]
        return str(found)

    def promote(self, version: str, environment: str, token: str | None = None) -> httpx.Response:
        body = {"contract": "orders", "version": version}
        path = f"/environments/{environment}/deployments"
        return self.registry.call("POST", path, token=token or self.author, json=body)

    def roll_back(self, version: str, environment: str) -> httpx.Response:
        body = {"contract": "orders", "version": version}
        path = f"/environments/{environment}/rollbacks"
        return self.registry.call("POST", path, token=self.author, json=body)

    def in_prod(self, version: str) -> None:
        """Brings a version through all environments."""
        self.tested(self.bundle(version))
        for environment in ("dev", "test", "prod"):
            moved = self.promote(version, environment)
            assert moved.status_code == 201, moved.text

    def reasons(self, version: str, environment: str) -> list[str]:
        """Why a version may not move there, by code."""
        path = f"/contracts/orders/versions/{version}/can-i-promote"
        answer = self.registry.call("GET", path, params={"environment": environment}).json()
        assert answer["allowed"] is (not answer["reasons"])
        return [one["code"] for one in answer["reasons"]]

    def freeze(self, environment: str | None, hours: int = 1) -> httpx.Response:
        """A freeze from now on."""
        now = self.registry.clock()
        body = {
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=hours)).isoformat(),
            "reason": "Close of the year.",
        } | ({"environment": environment} if environment else {})
        return self.registry.call("POST", "/freezes", token=self.board, json=body)

    def withdraw(self, change: Any, token: str | None = None) -> httpx.Response:
        path = f"/changes/{change['id']}/withdrawal"
        return self.registry.call("POST", path, token=token or self.author, json={})

    def publish(self, text: str = BREAKING, token: str | None = None) -> httpx.Response:
        return self.registry.publish(token or self.author, text, "orders")

    def report_usage(self, **changes: object) -> None:
        gateway = self.registry.team("integration-team", GATEWAY_SCOPES)
        batch = hashlib.sha256(str(changes).encode()).hexdigest()
        body = {"gateway": "g", "batchId": batch, "records": [{**USED, **changes}]}
        assert self.registry.call("POST", "/usage", token=gateway, json=body).status_code == 204


def board_of(registry: RegistryUnderTest) -> Board:
    """`orders` 1.0.0 in force, called by `portal` of account-team."""
    author = registry.team("erp-team")
    made = Board(
        registry,
        author,
        colleague=registry.team("erp-team", APPROVER),
        consumer_team=registry.team("account-team", APPROVER),
        board=registry.team(BOARD, APPROVER),
    )
    text = contract(operations=["order", "cancel"])
    assert registry.publish(author, text, "orders").status_code == 201
    registry.consumer("portal", "account-team")
    made.report_usage()
    return made
