"""One finding per root cause, with every operation it reaches and both directional verdicts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import Reach, compare

STATUS = {"type": "string", "enum": ["open", "closed"]}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1.0.0"},
    "paths": {
        "/orders": {
            "get": {"responses": {"200": {"description": "ok", "content": {}}}},
            "post": {"requestBody": {"content": {}}, "responses": {"204": {"description": "ok"}}},
            "put": {
                "requestBody": {"content": {}},
                "responses": {"200": {"description": "ok", "content": {}}},
            },
        }
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "properties": {"status": STATUS, "total": {"type": "number", "maximum": 10}},
                "required": ["status"],
            }
        }
    },
}
JSON_ORDER = {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
for one in CONTRACT["paths"]["/orders"].values():
    if "requestBody" in one:
        one["requestBody"]["content"] = JSON_ORDER
    if "200" in one["responses"]:
        one["responses"]["200"]["content"] = JSON_ORDER


def changed(change: Callable[[Any], Any]) -> dict[str, Any]:
    after = copy.deepcopy(CONTRACT)
    after["info"]["version"] = "2.0.0"
    change(after["components"]["schemas"]["Order"])
    return after


BREAKS_READERS = (
    Reach("GET /orders", None, "breaking"),
    Reach("PUT /orders", "compatible", "breaking"),
    Reach("POST /orders", "compatible", None),
)
BREAKS_WRITERS = (
    Reach("POST /orders", "breaking", None),
    Reach("PUT /orders", "breaking", "compatible"),
    Reach("GET /orders", None, "compatible"),
)
BREAKS_BOTH = (
    Reach("GET /orders", None, "breaking"),
    Reach("POST /orders", "breaking", None),
    Reach("PUT /orders", "breaking", "breaking"),
)
CASES: dict[str, tuple[Callable[[Any], Any], str, str, tuple[Reach, ...]]] = {
    "value added": (
        lambda order: order["properties"]["status"].update(enum=["open", "closed", "lost"]),
        "response-value-added",
        "produced",
        BREAKS_READERS,
    ),
    "value removed": (
        lambda order: order["properties"]["status"].update(enum=["open"]),
        "request-value-removed",
        "consumed",
        BREAKS_WRITERS,
    ),
    "range narrowed": (
        lambda order: order["properties"]["total"].update(maximum=5),
        "request-range-narrowed",
        "consumed",
        BREAKS_WRITERS,
    ),
    "member removed": (
        lambda order: order["properties"].pop("total"),
        "response-member-removed",
        "produced",
        BREAKS_READERS,
    ),
    "type changed": (
        lambda order: order["properties"].update(total={"type": "string"}),
        "request-type-narrowed",
        "both",
        BREAKS_BOTH,
    ),
    "requirement dropped": (
        lambda order: order.pop("required"),
        "response-member-optional",
        "produced",
        BREAKS_READERS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_shared_component_is_one_finding_with_both_verdicts(name: str) -> None:
    change, rule, direction, reach = CASES[name]

    (finding,) = (one for one in compare(CONTRACT, changed(change)).findings if one.level == "breaking")

    assert (finding.rule, finding.direction) == (rule, direction)
    assert set(finding.reach) == set(reach)
    hit = {one.operation for one in reach if "breaking" in (one.consumed, one.produced)}
    assert set(finding.operations) == hit


@pytest.mark.parametrize("name", CASES)
def test_a_break_leaves_no_second_finding_for_the_other_direction(name: str) -> None:
    findings = compare(CONTRACT, changed(CASES[name][0])).findings

    assert [one.level for one in findings] == ["breaking"]


def test_two_edits_of_one_place_are_two_findings() -> None:
    def exchange(order: Any) -> None:
        order["properties"]["status"]["enum"] = ["open", "lost"]

    findings = compare(CONTRACT, changed(exchange)).findings

    assert [one.rule for one in findings] == ["request-value-removed", "response-value-added"]
    assert len({one.fingerprint for one in findings}) == 2


def test_an_operation_that_is_gone_is_reached_in_the_direction_of_its_calls() -> None:
    after = changed(lambda _: None)
    del after["paths"]["/orders"]["post"]

    (finding,) = compare(CONTRACT, after).findings

    assert finding.reach == (Reach("POST /orders", "breaking", None),)


def secured(scheme: str) -> dict[str, Any]:
    document = copy.deepcopy(CONTRACT)
    document["info"]["version"] = "2.0.0" if scheme == "digest" else "1.0.0"
    document["components"]["securitySchemes"] = {"s": {"type": "http", "scheme": scheme}}
    document["security"] = [{"s": []}]
    return document


def test_security_of_the_whole_contract_is_one_finding_for_all_operations() -> None:
    findings = compare(secured("basic"), secured("digest")).findings

    assert [one.rule for one in findings] == ["security-tightened", "security-relaxed"]
    assert findings[0].operations == ("GET /orders", "PUT /orders", "POST /orders")


def test_security_of_one_operation_is_its_own_finding() -> None:
    before, after = secured("basic"), secured("digest")
    for document in (before, after):
        document["paths"]["/orders"]["put"]["security"] = [{"s": []}]

    tightened = [one for one in compare(before, after).findings if one.rule == "security-tightened"]

    assert [one.operations for one in tightened] == [("GET /orders", "POST /orders"), ("PUT /orders",)]


def test_the_reach_is_served_as_json() -> None:
    change = CASES["value added"][0]

    body = compare(CONTRACT, changed(change)).as_json()

    assert body["findings"][0]["reach"][0] == {
        "operation": "GET /orders",
        "consumed": None,
        "produced": "breaking",
    }
