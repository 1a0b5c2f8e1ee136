"""What a report says of a changed contract: causes, operations, proof, version, consumers, words."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from compatibility import UsageRow, compare
from compatibility.errors import IncomparableKindsError
from compatibility.render import json as json_format
from compatibility.render import text as text_format

ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "purchaseOrderRef": {"type": "string"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}},
    },
    "required": ["id", "lines"],
}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "erp-orders", "version": "1.0.0"},
    "paths": {
        "/orders": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderCreate"}}},
                },
                "responses": {"201": {"$ref": "#/components/responses/Order"}},
            }
        },
        "/orders/{orderId}": {
            "get": {
                "parameters": [
                    {"name": "orderId", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": {"200": {"$ref": "#/components/responses/Order"}},
            }
        },
    },
    "components": {
        "responses": {
            "Order": {
                "description": "An order.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
            }
        },
        "schemas": {
            "Order": ORDER,
            "OrderCreate": {
                "type": "object",
                "properties": {"lines": ORDER["properties"]["lines"]},  # type: ignore[index]
                "required": ["lines"],
            },
            "Line": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
        },
    },
}


def changed(version: str = "1.1.0") -> dict[str, Any]:
    contract = copy.deepcopy(CONTRACT)
    contract["info"]["version"] = version
    return contract


def breaking() -> dict[str, Any]:
    contract = changed()
    schemas = contract["components"]["schemas"]
    schemas["OrderCreate"]["properties"]["taxCategory"] = {"type": "string"}
    schemas["OrderCreate"]["required"].append("taxCategory")
    del schemas["Order"]["properties"]["purchaseOrderRef"]
    return contract


def test_a_newly_required_member_and_a_removed_one_are_two_root_causes_with_proof() -> None:
    report = compare(CONTRACT, breaking())

    required, removed, version = report.findings
    assert report.verdict == "breaking"
    assert required.rule == "request-member-required"
    assert required.operations == ("POST /orders",)
    assert "POST /orders now requires member `taxCategory`" in required.message
    assert required.witness is not None
    assert required.witness.value == {"lines": [{"text": ""}]}
    assert removed.rule == "response-member-removed"
    assert removed.operations == ("POST /orders", "GET /orders/{orderId}")
    assert removed.witness is not None
    assert "purchaseOrderRef" in removed.witness.value
    assert (version.rule, version.level) == ("version-bump-too-small", "breaking")


def test_a_required_member_that_is_gone_is_said_once() -> None:
    contract = changed()
    line = contract["components"]["schemas"]["Line"]
    del line["properties"]["text"], line["required"]

    report = compare(CONTRACT, contract)

    told = [one.rule for one in report.findings if one.level == "breaking" and one.direction == "produced"]
    assert told == ["response-member-removed"]


def test_a_member_required_below_a_list_is_named_by_its_path() -> None:
    contract = changed()
    line = contract["components"]["schemas"]["Line"]
    line["properties"]["taxCategory"] = {"type": "string"}
    line["required"].append("taxCategory")

    report = compare(CONTRACT, contract)

    finding, _ = [one for one in report.findings if one.level == "breaking"]
    assert "`lines[].taxCategory`" in finding.message
    assert finding.direction == "consumed"
    assert finding.witness is not None
    assert finding.every_request


def test_a_break_under_a_minor_version_is_visible_as_insufficient() -> None:
    report = compare(CONTRACT, breaking())

    assert (report.bump_required, report.bump_declared, report.bump_sufficient) == ("major", "minor", False)


def test_an_optional_addition_asks_for_a_minor_version_and_words_for_a_patch() -> None:
    added, reworded = changed(), changed("1.0.1")
    added["components"]["schemas"]["OrderCreate"]["properties"]["note"] = {"type": "string"}
    reworded["components"]["schemas"]["Order"]["description"] = "Said better."

    assert compare(CONTRACT, added).bump_required == "minor"
    assert compare(CONTRACT, reworded).bump_required == "patch"


def test_usage_names_who_breaks_who_may_and_who_does_not() -> None:
    rows = [
        UsageRow("crm-quote-service", "crm-team", "1.0.0", "POST /orders", 31, "2026-11-23T17:00:00Z"),
        UsageRow(
            "crm-quote-service", "crm-team", "1.0.0", "GET /orders/{orderId}", 2, "2026-11-23T18:00:00Z"
        ),
        UsageRow("billing", "finance-systems", "1.0.0", "GET /orders/{orderId}", 4, "2026-11-23T16:00:00Z"),
    ]

    required, removed, _ = compare(CONTRACT, breaking()).with_usage(rows).findings

    first, second = required.consumers
    assert (first.consumer, first.status, first.calls) == ("crm-quote-service", "BROKEN", 31)
    assert (second.consumer, second.status) == ("billing", "UNAFFECTED")
    assert [(one.consumer, one.status, one.calls) for one in removed.consumers] == [
        ("crm-quote-service", "POTENTIALLY", 33),
        ("billing", "POTENTIALLY", 4),
    ]


def test_no_traffic_is_unknown_and_not_safe() -> None:
    finding = compare(CONTRACT, breaking()).with_usage([]).findings[0]

    assert finding.consumers == ()
    assert "unknown, not safe" in finding.usage_note


def test_usage_does_not_change_the_digest() -> None:
    report = compare(CONTRACT, breaking())

    assert report.with_usage([UsageRow("a", "b", "1.0.0", "POST /orders", 1, None)]).digest == report.digest


def test_the_text_says_what_breaks_with_proof_and_what_to_do() -> None:
    text = text_format.render(compare(CONTRACT, breaking()))

    assert "erp-orders 1.0.0 -> 1.1.0: BREAKING" in text
    assert 'proof {"lines": [{"text": ""}]}' in text
    assert "to do: Make `taxCategory` optional" in text


def test_the_json_carries_the_members_that_are_stored_and_served() -> None:
    body = json.loads(json_format.render(compare(CONTRACT, breaking())))

    assert set(body) >= {
        "verdict", "engineVersion", "digest", "before", "after", "bump", "findings", "notJudged", "summary",
        "mode", "level", "window",
    }  # fmt: skip
    assert body["summary"] == {"breaking": 3, "unknown": 0, "info": 0, "waived": 0}
    assert body["findings"][0]["operation"] == "POST /orders"
    assert body["findings"][0]["witness"]["rejectedBy"] == "after"


def test_contracts_of_different_kinds_are_refused() -> None:
    with pytest.raises(IncomparableKindsError):
        compare(CONTRACT, {"asyncapi": "3.0.0", "info": {"title": "t", "version": "1.0.0"}})


SCRIPT = """
import json, sys
from compatibility import compare
from compatibility.render.json import render
before, after = json.load(sys.stdin)
sys.stdout.write(render(compare(before, after)))
"""


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    given = json.dumps([CONTRACT, breaking()])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=given,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4242")
    }

    assert len(outputs) == 1


def secured(security: list[Any] | None, paths: tuple[str, ...] = ("/a", "/b")) -> dict[str, Any]:
    answer = {"responses": {"200": {"description": "ok"}}}
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {path: {"get": answer} for path in paths},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "K"}}},
    }
    return found if security is None else {**found, "security": security}


def test_security_of_the_whole_contract_is_one_root_cause() -> None:
    report = compare(secured(None), secured([{"key": []}]))

    (finding,) = (one for one in report.findings if one.rule == "security-tightened")
    assert finding.operations == ("GET /a", "GET /b")


def form(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    operation = {
        "requestBody": {"content": {kind: {"schema": schema}}},
        "responses": {"200": {"description": "ok"}},
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}},
    }


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("application/x-www-form-urlencoded", "compatible"),
        ("multipart/form-data", "compatible"),
        ("application/json", "breaking"),
    ],
)
def test_a_form_is_an_object_whether_or_not_its_schema_says_so(kind: str, verdict: str) -> None:
    silent = {"properties": {"a": {"type": "string"}}}

    assert compare(form(silent, kind), form({"type": "object", **silent}, kind)).verdict == verdict


TOLD = {
    "description": "problem",
    "headers": {"X-Trace": {"required": True, "schema": {"type": "string"}}},
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


@pytest.mark.parametrize(
    ("lacking", "rule"), [("headers", "response-header-removed"), ("content", "response-body-removed")]
)
def test_a_new_status_keeps_what_default_told_of_it(lacking: str, rule: str) -> None:
    def contract(responses: dict[str, Any]) -> dict[str, Any]:
        paths = {"/a": {"get": {"responses": responses}}}
        return {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": paths}

    less = {name: value for name, value in TOLD.items() if name != lacking}
    before = contract({"200": {"description": "ok"}, "default": TOLD})

    report = compare(before, contract({"200": {"description": "ok"}, "404": less, "default": TOLD}))
    same = compare(before, contract({"200": {"description": "ok"}, "404": TOLD, "default": TOLD}))

    found = [one for one in report.findings if one.level == "breaking"]
    assert [one.rule for one in found if one.rule != "version-bump-too-small"] == [rule]
    assert "404" in found[0].message
    assert same.verdict == "compatible"
