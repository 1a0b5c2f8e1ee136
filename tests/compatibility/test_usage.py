"""Who breaks, by what was counted and recorded: BROKEN, POTENTIALLY or UNAFFECTED, and the likelier proof."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import Finding, Seen, Usage, UsageRow, Window, compare

OPERATION = "POST /orders"
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "currency": {"type": "string", "enum": ["EUR", "USD", "CHF"]},
        "note": {"type": "string", "maxLength": 40},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"count": {"type": "integer", "maximum": 100}}},
        },
    },
    "required": ["currency"],
    "additionalProperties": False,
}
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "orders", "version": "1.0.0"},
    "paths": {
        "/orders": {
            "post": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                ],
                "requestBody": {"required": True, "content": {"application/json": {"schema": ORDER}}},
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {"type": "object", "properties": {"id": {"type": "string"}}}
                            }
                        },
                    }
                },
            },
            "get": {"responses": {"200": {"description": "ok"}}},
        }
    },
}


def order(document: Any) -> Any:
    return document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"]


def parameters(document: Any) -> Any:
    return document["paths"]["/orders"]["post"]["parameters"]


def answer(document: Any) -> Any:
    responses = document["paths"]["/orders"]["post"]["responses"]
    return responses["200"]["content"]["application/json"]["schema"]


def finding(change: Callable[[Any], Any], *seen: Seen, calls: int = 10) -> Finding:
    after = copy.deepcopy(CONTRACT)
    after["info"]["version"] = "2.0.0"
    change(after)
    row = UsageRow("shop", "web", "1.0.0", OPERATION, calls, "2026-11-20T00:00:00Z", seen=seen)
    (found,) = compare(CONTRACT, after, usage=Usage((row,))).findings
    return found


def value_removed(document: Any) -> None:
    order(document)["properties"]["currency"]["enum"] = ["EUR", "USD"]


def member_removed(document: Any) -> None:
    del order(document)["properties"]["note"]


def member_required(document: Any) -> None:
    order(document)["required"] = ["currency", "note"]


def shorter(document: Any) -> None:
    order(document)["properties"]["note"]["maxLength"] = 10


def fewer(document: Any) -> None:
    order(document)["properties"]["lines"]["items"]["properties"]["count"]["maximum"] = 50


def parameter_gone(document: Any) -> None:
    parameters(document).clear()


def parameter_required(document: Any) -> None:
    parameters(document)[0]["required"] = True


def parameter_smaller(document: Any) -> None:
    parameters(document)[0]["schema"]["maximum"] = 50


def answer_smaller(document: Any) -> None:
    del answer(document)["properties"]["id"]


WHOLE = Seen("request", "", 10)
PARAMETER = "query parameter `limit`"
CASES: list[tuple[str, Callable[[Any], Any], tuple[Seen, ...], str, str]] = [
    ("the removed value", value_removed, (Seen("request", "currency", 3, "CHF"),), "BROKEN", "'CHF'"),
    (
        "other values in all calls",
        value_removed,
        (WHOLE, Seen("request", "currency", 10, "EUR")),
        "UNAFFECTED",
        "10 recorded calls",
    ),
    (
        "other values in some calls",
        value_removed,
        (WHOLE, Seen("request", "currency", 10), Seen("request", "currency", 9, "EUR")),
        "POTENTIALLY",
        "not recorded",
    ),
    (
        "a sample",
        value_removed,
        (Seen("request", "", 5), Seen("request", "currency", 5, "EUR")),
        "POTENTIALLY",
        "not recorded",
    ),
    ("nothing recorded", value_removed, (), "POTENTIALLY", "not recorded"),
    ("the removed member", member_removed, (Seen("request", "note", 2),), "BROKEN", "sends `note` in 2"),
    ("all but the removed member", member_removed, (WHOLE,), "UNAFFECTED", "meets the change"),
    ("the removed member, never", member_removed, (WHOLE, Seen("request", "note", 0)), "UNAFFECTED", "none"),
    (
        "the required member, not always",
        member_required,
        (WHOLE, Seen("request", "note", 8)),
        "BROKEN",
        "leaves out `note` in 2 of 10",
    ),
    ("the required member, always", member_required, (WHOLE, Seen("request", "note", 10)), "UNAFFECTED", ""),
    ("the required member, in a sample", member_required, (Seen("request", "note", 5),), "POTENTIALLY", ""),
    ("a text that is too long", shorter, (Seen("request", "note", 1, "a note that is long"),), "BROKEN", ""),
    ("no such text at all", shorter, (WHOLE,), "UNAFFECTED", ""),
    ("a count in a list", fewer, (Seen("request", "lines[].count", 4, 99),), "BROKEN", "lines[].count"),
    ("a smaller count in a list", fewer, (WHOLE, Seen("request", "lines[].count", 10, 3)), "UNAFFECTED", ""),
    ("the removed parameter", parameter_gone, (Seen(PARAMETER, "", 1),), "BROKEN", "query parameter"),
    ("never the removed parameter", parameter_gone, (Seen(PARAMETER, "", 0),), "UNAFFECTED", ""),
    ("no word of the parameter", parameter_gone, (), "POTENTIALLY", ""),
    ("the parameter, not always", parameter_required, (Seen(PARAMETER, "", 9),), "BROKEN", "1 of 10"),
    ("the parameter, always", parameter_required, (Seen(PARAMETER, "", 10),), "UNAFFECTED", ""),
    ("a parameter's value as text", parameter_smaller, (Seen(PARAMETER, "", 4, "99"),), "BROKEN", "'99'"),
    ("what is received", answer_smaller, (Seen("200 response", "id", 10),), "POTENTIALLY", ""),
]


@pytest.mark.parametrize(
    ("change", "seen", "status", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_recordings_tell_who_breaks(
    change: Callable[[Any], Any], seen: tuple[Seen, ...], status: str, words: str
) -> None:
    (consumer,) = finding(change, *seen).consumers

    assert consumer.status == status, consumer.reason
    assert words in consumer.reason
    assert (consumer.calls, consumer.last_seen) == (10, "2026-11-20T00:00:00Z")


def test_a_row_that_does_not_say_how_many_calls_were_looked_at_is_told_so() -> None:
    (consumer,) = finding(member_required, Seen("request", "note", 3), calls=12).consumers

    assert consumer.status == "POTENTIALLY"
    assert "how many of its calls were looked at" in consumer.reason


def test_every_call_fails_only_where_every_call_fails() -> None:
    # The later contract wants `b` of everybody; only `/narrow` never let anybody send it.
    def contract(required: list[str]) -> dict[str, Any]:
        shared = {"type": "object", "properties": {"b": {"type": "string"}}, "required": required}
        bodies = {"/wide": shared, "/narrow": {"allOf": [shared, {"properties": {"b": False}}]}}
        paths = {
            path: {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": body}}},
                    "responses": {"204": {"description": "ok"}},
                }
            }
            for path, body in bodies.items()
        }
        return {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": paths}

    rows = [UsageRow(path, "team", "1.0.0", f"POST {path}", 5, None) for path in ("/wide", "/narrow")]

    found = compare(contract([]), contract(["b"]), usage=rows).findings[0]

    assert set(found.operations) == {"POST /wide", "POST /narrow"}
    assert {one.consumer: one.status for one in found.consumers} == {
        "/narrow": "BROKEN",
        "/wide": "POTENTIALLY",
    }


def test_a_version_that_is_too_small_hits_no_consumer() -> None:
    after = copy.deepcopy(CONTRACT)
    value_removed(after)
    row = UsageRow("shop", "web", "1.0.0", OPERATION, 4, None)

    _, version = compare(CONTRACT, after, usage=[row]).findings

    assert (version.rule, version.consumers, version.usage_note) == ("version-bump-too-small", (), "")


def test_a_declared_subscription_is_no_recording() -> None:
    after = copy.deepcopy(CONTRACT)
    value_removed(after)
    row = UsageRow("shop", "web", "1.0.0", OPERATION, 0, None, "declared", (Seen("request", "", 0),))

    found = compare(CONTRACT, after).with_usage([row]).findings[0]

    assert [(one.status, one.source) for one in found.consumers] == [("POTENTIALLY", "declared")]


def test_the_window_is_told_with_the_report_and_where_nothing_was_seen() -> None:
    window = Window("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
    after = copy.deepcopy(CONTRACT)
    value_removed(after)

    report = compare(CONTRACT, after).with_usage(Usage((), window))
    other = UsageRow("shop", "web", "1.0.0", "GET /orders", 1, None)
    elsewhere = compare(CONTRACT, after).with_usage(Usage((other,), window))

    assert report.as_json()["window"] == {"from": window.start, "to": window.end}
    assert "unknown, not safe (from 2026-10-01T00:00:00Z to" in report.findings[0].usage_note
    assert elsewhere.findings[0].consumers[0].status == "UNAFFECTED"
    assert "no recorded consumer" in elsewhere.findings[0].usage_note


def test_the_proof_prefers_a_value_that_traffic_has() -> None:
    plain = finding(fewer)
    recorded = finding(
        fewer, Seen("request", "lines[].count", 4, 77), Seen("request", "lines[].count", 9, 88)
    )

    assert plain.witness is not None
    assert recorded.witness is not None
    assert plain.witness.value != 88
    assert recorded.witness.value == 88
    assert recorded.witness.error == "88 is greater than the maximum of 50"


def test_a_recorded_value_that_proves_nothing_is_no_proof() -> None:
    plain, recorded = finding(fewer), finding(fewer, Seen("request", "lines[].count", 4, 3))

    assert recorded.witness == plain.witness


def test_the_members_of_a_proof_are_filled_with_recorded_values() -> None:
    found = finding(
        member_required, Seen("request", "currency", 2, "USD"), Seen("request", "currency", 8, "CHF")
    )

    assert found.witness is not None
    assert found.witness.value == {"currency": "CHF"}


def test_traffic_changes_neither_digest_nor_verdict() -> None:
    after = copy.deepcopy(CONTRACT)
    fewer(after)
    report = compare(CONTRACT, after)
    row = UsageRow(
        "shop", "web", "1.0.0", OPERATION, 4, None, seen=(Seen("request", "lines[].count", 4, 77),)
    )

    assert report.with_usage([row]).digest == report.digest
    assert report.with_usage([row]).verdict == report.verdict
