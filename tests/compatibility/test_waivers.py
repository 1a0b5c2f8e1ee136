"""Waivers: a waived finding stays in the report and does not count; an expired waiver is a finding."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from compatibility import UsageRow, Waiver, compare
from compatibility.model import Report

TODAY = date(2026, 11, 24)
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1.0.0"},
    "paths": {
        "/a": {
            "get": {
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                    }
                }
            },
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
        "/b": {
            "get": {
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}},
                    }
                }
            }
        },
    },
    "components": {
        "schemas": {"A": {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}}}
    },
}


def judged(version: str = "2.0.0") -> Report:
    after = copy.deepcopy(CONTRACT)
    after["info"]["version"] = version
    del after["components"]["schemas"]["A"]["properties"]["x"]
    del after["paths"]["/a"]["delete"]
    return compare(CONTRACT, after)


def waiver(report: Report, rule: str) -> Waiver:
    (found,) = (one for one in report.findings if one.rule == rule)
    return Waiver(found.fingerprint, "nobody reads it", "orders-team", TODAY)


MEMBER, OPERATION = "response-member-removed", "operation-removed"


def told(report: Report, rule: str) -> list[str]:
    return [one.level for one in report.findings if one.rule == rule]


def test_a_waived_finding_stays_and_does_not_count() -> None:
    report = judged()

    one = report.with_waivers([waiver(report, MEMBER)], TODAY)
    both = report.with_waivers([waiver(report, MEMBER), waiver(report, OPERATION)], TODAY)

    assert (one.verdict, one.count("breaking"), one.waived) == ("breaking", 1, 1)
    assert (both.verdict, both.count("breaking"), both.waived) == ("compatible", 0, 2)
    assert len(both.findings) == len(report.findings)
    assert both.bump_required == "minor"
    assert both.as_json()["summary"] == {"breaking": 0, "unknown": 0, "info": 0, "waived": 2}


def test_a_waived_finding_carries_its_waiver() -> None:
    report = judged()

    waived = report.with_waivers([waiver(report, MEMBER)], TODAY).as_json()

    (finding,) = (one for one in waived["findings"] if one["waiver"] is not None)
    assert finding["level"] == "breaking"
    assert finding["waiver"] == {
        "fingerprint": finding["fingerprint"],
        "reason": "nobody reads it",
        "owner": "orders-team",
        "expires": "2026-11-24",
        "operations": [],
        "consumers": [],
    }


def test_when_every_break_is_waived_the_version_is_no_longer_too_small() -> None:
    report = judged("1.1.0")
    assert told(report, "version-bump-too-small") == ["breaking"]

    waived = report.with_waivers([waiver(report, MEMBER), waiver(report, OPERATION)], TODAY)

    assert (waived.verdict, waived.bump_sufficient) == ("compatible", True)
    assert told(waived, "version-bump-too-small") == []


def test_an_expired_waiver_covers_nothing_and_is_a_finding() -> None:
    report = judged()
    expired = replace(waiver(report, MEMBER), expires=date(2026, 11, 23))

    result = report.with_waivers([expired], TODAY)

    (finding,) = (one for one in result.findings if one.rule == "waiver-expired")
    assert (result.verdict, result.waived) == ("breaking", 0)
    assert finding.level == "breaking"
    assert "2026-11-23" in finding.message
    assert "orders-team" in finding.fix


def test_a_renewed_waiver_takes_the_place_of_the_expired_one() -> None:
    report = judged()
    renewed = waiver(report, MEMBER)

    result = report.with_waivers([replace(renewed, expires=date(2026, 1, 1)), renewed], TODAY)

    assert (told(result, "waiver-expired"), told(result, "waiver-unused")) == ([], ["info"])
    assert result.waived == 1


def test_a_waiver_that_matches_nothing_is_named() -> None:
    result = judged().with_waivers([Waiver("0" * 16, "old", "x", TODAY)], TODAY)

    assert told(result, "waiver-unused") == ["info"]
    assert result.verdict == "breaking"


def test_unused_waivers_change_neither_verdict_nor_version() -> None:
    report = compare(CONTRACT, CONTRACT).with_waivers([Waiver("0" * 16, "old", "x", TODAY)], TODAY)

    assert (report.verdict, report.bump_required) == ("compatible", "none")


@pytest.mark.parametrize(
    ("operations", "covers"),
    [((), True), (("GET /a", "GET /b"), True), (("GET /a",), False), (("GET /c",), False)],
)
def test_a_waiver_for_operations_covers_a_finding_that_reaches_no_others(
    operations: tuple[str, ...], covers: bool
) -> None:
    report = judged()

    result = report.with_waivers([replace(waiver(report, MEMBER), operations=operations)], TODAY)

    assert result.waived == (1 if covers else 0)
    assert told(result, "waiver-unused") == ([] if covers else ["info"])


@pytest.mark.parametrize(
    ("calling", "covers"), [((), False), (("shop",), True), (("shop", "desk"), False), (("desk",), False)]
)
def test_a_waiver_for_consumers_needs_usage_that_names_no_others(
    calling: tuple[str, ...], covers: bool
) -> None:
    rows = [UsageRow(name, "team", "1.0.0", "GET /a", 3, None) for name in calling]
    report = judged().with_usage(rows)

    result = report.with_waivers([replace(waiver(report, MEMBER), consumers=("shop",))], TODAY)

    assert result.waived == (1 if covers else 0)


def test_a_waiver_for_consumers_covers_nothing_that_nobody_was_recorded_to_call() -> None:
    report = judged().with_usage([UsageRow("shop", "team", "1.0.0", "DELETE /a", 3, None)])

    result = report.with_waivers([replace(waiver(report, MEMBER), consumers=("nobody",))], TODAY)

    (note,) = (one for one in result.findings if one.rule == "waiver-unused")
    assert result.waived == 0
    assert "no recorded consumer calls the operations this reaches" in note.message


def test_waiving_twice_is_waiving_once() -> None:
    report = judged()
    waivers = [waiver(report, MEMBER), Waiver("0" * 16, "old", "x", TODAY)]

    once = report.with_waivers(waivers, TODAY)

    assert once.with_waivers(waivers, TODAY) == once
    assert once.with_waivers([], TODAY) == report


def test_the_order_of_waivers_says_nothing() -> None:
    report = judged()
    found = waiver(report, MEMBER)
    waivers = [found, replace(found, owner="another"), replace(found, expires=date(2026, 1, 1))]

    forward, backward = (report.with_waivers(order, TODAY) for order in (waivers, waivers[::-1]))

    assert json.dumps(forward.as_json()) == json.dumps(backward.as_json())
