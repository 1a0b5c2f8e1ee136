"""What leaves the registry about a change: reports in formats, payloads of other systems, the look back."""

from __future__ import annotations

import json

import pytest

from tests.registry.change_calls import Board, board_of
from tests.registry.harness import FakeClock, RegistryUnderTest

FIELDS = {
    "type",
    "short_description",
    "description",
    "category",
    "priority",
    "risk",
    "impact",
    "assignment_group",
    "requested_by",
    "cmdb_ci",
    "business_service",
    "start_date",
    "end_date",
    "justification",
    "implementation_plan",
    "backout_plan",
    "test_plan",
    "risk_impact_analysis",
    "cab_required",
    "approval",
    "state",
    "conflict_status",
    "correlation_id",
    "correlation_display",
}


@pytest.fixture
def board(registry: RegistryUnderTest) -> Board:
    return board_of(registry)


@pytest.mark.parametrize(
    ("name", "media_type", "start"),
    [
        ("json", "application/json", "{"),
        ("html", "text/html", "<!doctype html>"),
        ("markdown", "text/markdown", "#"),
        ("sarif", "application/sarif+json", "{"),
    ],
)
def test_a_report_is_served_in_each_format(board: Board, name: str, media_type: str, start: str) -> None:
    change = board.approved()
    board.publish()

    for path in (f"/changes/{change['id']}/report", "/contracts/orders/versions/1.1.0/report"):
        served = board.registry.call("GET", path, params={"format": name})
        tag = {"If-None-Match": served.headers["ETag"]}
        held = board.registry.call("GET", path, params={"format": name}, headers=tag)

        assert served.status_code == 200, served.text
        assert served.headers["Content-Type"].split(";")[0] == media_type
        assert served.text.lower().lstrip().startswith(start)
        assert "order is gone" in served.text
        assert "sandbox" in served.headers["Content-Security-Policy"]
        assert held.status_code == 304


def test_a_first_version_has_no_report(board: Board) -> None:
    missing = board.registry.call("GET", "/contracts/orders/versions/1.0.0/report")

    assert (missing.status_code, missing.json()["code"]) == (404, "report_not_found")


def test_a_change_is_exported_under_the_field_names_of_service_now(board: Board) -> None:
    change = board.opened(windowStart="2026-11-07T20:00:00Z", windowEnd="2026-11-08T04:00:00Z")

    path = f"/changes/{change['id']}/export"
    payload = board.registry.call("GET", path, params={"system": "servicenow"}).json()

    assert set(payload) == FIELDS
    assert (payload["type"], payload["state"], payload["approval"]) == ("normal", "-4", "requested")
    assert payload["start_date"] == "2026-11-07 20:00:00"
    assert payload["correlation_id"] == change["id"]
    assert payload["cab_required"] == "false"
    assert "portal of account-team (BROKEN, 7 calls)" in payload["risk_impact_analysis"]
    assert all(isinstance(value, str) for value in payload.values())


def test_a_change_is_exported_as_an_issue_of_jira(board: Board) -> None:
    change = board.opened()

    path = f"/changes/{change['id']}/export"
    fields = board.registry.call("GET", path, params={"system": "jira"}).json()["fields"]

    assert fields["issuetype"] == {"name": "Change"}
    assert fields["summary"] == "orders 1.0.0 to 1.1.0: Cancel only"
    assert fields["description"]["type"] == "doc"
    assert change["digest"] in json.dumps(fields["description"])


def test_the_look_back_counts_what_consumers_met(board: Board) -> None:
    change = board.approved()
    path = f"/changes/{change['id']}/review"
    early = board.registry.call("GET", path)
    board.publish()
    silent = board.registry.call("GET", path).json()["consumers"]
    seen = {"firstSeen": "2026-11-02T08:00:00Z", "lastSeen": "2026-11-02T08:00:00Z"}
    board.report_usage(version="1.1.0", status=422, count=5, **seen)

    (after,) = board.registry.call("GET", path).json()["consumers"]

    assert (early.status_code, early.json()["code"]) == (409, "change_not_implemented")
    assert [one["conclusion"] for one in silent] == ["SILENT"]
    assert (after["callsBefore"], after["errorsBefore"]) == (7, 0)
    assert (after["callsAfter"], after["errorsAfter"], after["conclusion"]) == (5, 5, "WORSE")


def test_a_version_that_is_still_called_is_not_retired(board: Board, clock: FakeClock) -> None:
    version = "/contracts/orders/versions/1.0.0"

    def retire(token: str) -> tuple[int, str]:
        headers = {"If-Match": board.registry.call("GET", version).headers["ETag"]}
        body = {"state": "retired"}
        answer = board.registry.call("PUT", f"{version}/lifecycle", token=token, json=body, headers=headers)
        return answer.status_code, answer.json().get("detail", "")

    refused = retire(board.author)
    clock.pass_time(days=9)
    board.registry.tokens.clear()
    retired = retire(board.registry.team("erp-team"))

    assert refused[0] == 409
    assert "portal of account-team: 7 calls" in refused[1]
    assert retired[0] == 200
