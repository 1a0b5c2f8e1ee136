"""``pactolus check`` with waivers and with usage: what they change, and what is refused of their files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pactolus.evidence_files import schema_of, usage_from, waivers_from

Run = Callable[..., subprocess.CompletedProcess[str]]

USAGE: dict[str, Any] = {
    "window": {"from": "2026-10-24T00:00:00Z", "to": "2026-11-23T00:00:00Z"},
    "items": [
        {
            "consumer": "quote-orchestrator",
            "owner": "integration-engineering",
            "version": "1.0.0",
            "operation": "POST /orders",
            "calls": 30,
            "refused": 5,
            "errors": 7,
            "lastSeen": "2026-11-20T17:03:12Z",
        },
        {"consumer": "idle", "owner": None, "operation": "POST /orders", "calls": 4, "refused": 4},
        {"consumer": "reader", "operation": "GET /orders", "calls": 9, "lastSeen": None},
    ],
    "nextCursor": None,
}


def judged(pactolus: Run, *options: str | Path) -> dict[str, Any]:
    result = pactolus("check", "before.yaml", "after.yaml", "--format", "json", *options)
    assert result.returncode in (0, 1), result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def waiver(finding: dict[str, Any], **changed: Any) -> dict[str, Any]:
    told = {"fingerprint": finding["fingerprint"], "reason": "agreed", "owner": "erp-team"}
    return {**told, "expires": "2999-12-31", **changed}


def test_a_waived_finding_does_not_fail_and_stays_in_the_report(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    findings = judged(pactolus)["findings"]
    (tmp_path / "waivers.yaml").write_text(yaml.safe_dump({"waivers": [waiver(one) for one in findings]}))

    result = pactolus("check", before, after, "--waivers", "waivers.yaml")
    report = judged(pactolus, "--waivers", "waivers.yaml")

    assert result.returncode == 0
    assert "waived until 2999-12-31 by erp-team: agreed" in result.stdout
    assert report["summary"]["waived"] == len(findings)
    assert report["verdict"] == "compatible"


def test_an_expired_waiver_covers_nothing_and_is_told(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    findings = judged(pactolus)["findings"]
    lapsed = {"waivers": [waiver(one, expires="2020-01-01") for one in findings]}
    (tmp_path / "waivers.json").write_text(json.dumps(lapsed))

    report = judged(pactolus, "--waivers", "waivers.json")

    assert report["verdict"] == "breaking"
    assert "waiver-expired" in [finding["rule"] for finding in report["findings"]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("waivers:\n- fingerprint: 75903efaff0f11a4\n  owner: a\n  expires: '2027-01-31'\n", "'reason'"),
        (
            "waivers:\n- {fingerprint: zz, reason: a, owner: a, expires: '2027-01-31'}\n",
            "'zz' does not match",
        ),
        (
            "waivers:\n- {fingerprint: 75903efaff0f11a4, reason: a, owner: a, expires: '2027-02-31'}\n",
            "waivers.yaml:2:",
        ),
        ("waivers:\n- {fingerprint: 75903efaff0f11a4, reason: a, owner: a, expires: soon}\n", "'soon'"),
        ("waivers: []\nwaiver: []\n", "'waiver' was unexpected"),
        ("- a\n", "is not of type 'object'"),
        ("waivers: [\n", "waivers.yaml:"),
        ("", "waivers.yaml"),
    ],
)
def test_a_bad_file_of_waivers_is_refused_with_its_lines(
    pactolus: Run, before: Path, after: Path, tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "waivers.yaml").write_text(text)

    result = pactolus("check", before, after, "--waivers", "waivers.yaml")

    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_usage_names_the_consumers_of_each_finding(
    pactolus: Run, before: Path, after: Path, tmp_path: Path
) -> None:
    (tmp_path / "usage.json").write_text(json.dumps(USAGE))

    report = judged(pactolus, "--usage", "usage.json")
    text = pactolus("check", before, after, "--usage", "usage.json").stdout

    (finding,) = [one for one in report["findings"] if one["rule"] == "request-member-required"]
    statuses = {one["consumer"]: (one["status"], one["calls"]) for one in finding["consumers"]}
    assert statuses["quote-orchestrator"][1] == 25, "calls that were refused do not count"
    assert statuses["quote-orchestrator"][0] in {"BROKEN", "POTENTIALLY"}
    assert statuses["reader"][0] == "UNAFFECTED"
    assert "idle" not in statuses
    assert report["window"] == USAGE["window"]
    assert "quote-orchestrator (owner integration-engineering; 25 calls" in text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({**USAGE, "nextCursor": "abc"}, "'abc' is not of type 'null'"),
        ({"items": [{"consumer": "a", "operation": "b", "calls": -1}]}, "-1 is less than the minimum"),
        ({"rows": []}, "'items' is a required property"),
    ],
)
def test_a_bad_file_of_usage_is_refused(
    pactolus: Run, before: Path, after: Path, tmp_path: Path, value: Any, told: str
) -> None:
    (tmp_path / "usage.json").write_text(json.dumps(value, indent=2))

    result = pactolus("check", before, after, "--usage", "usage.json")

    assert result.returncode == 2
    assert told in result.stderr


def test_a_usage_file_that_is_not_there_is_told(pactolus: Run, before: Path, after: Path) -> None:
    result = pactolus("check", before, after, "--usage", "nowhere.json")

    assert result.returncode == 2
    assert "nowhere.json" in result.stderr


def test_the_published_schemas_are_schemas_and_take_what_is_read(tmp_path: Path) -> None:
    for kind in ("waivers", "usage"):
        jsonschema.Draft202012Validator.check_schema(schema_of(kind))
    (tmp_path / "usage.json").write_text(json.dumps(USAGE))
    (tmp_path / "waivers.yaml").write_text("waivers: []\n")

    assert [row.consumer for row in usage_from(tmp_path / "usage.json").rows] == [
        "quote-orchestrator",
        "reader",
    ]
    assert waivers_from(tmp_path / "waivers.yaml") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "waivers:\n- fingerprint: 0000000000000000\n  reason: r\n  owner: o\n  expires: '2027-01-31'\n",
            "quotes",
        ),
        ("", "The file is empty"),
    ],
)
def test_a_waiver_file_that_yaml_reads_otherwise_is_told_in_its_own_words(
    pactolus: Run, before: Path, after: Path, text: str, told: str
) -> None:
    file = before.with_name("waivers.yaml")
    file.write_text(text)

    result = pactolus("check", before, after, "--waivers", file)

    assert result.returncode == 2
    assert told in result.stderr
    assert "docs/" not in result.stderr


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (
            {"items": [{"consumer": "a", "operation": "POST /orders", "calls": 3, "refused": 5}]},
            "5 calls were",
        ),
        ({"items": [], "window": {"from": "x"}}, "'x' is no time"),
    ],
)
def test_usage_that_contradicts_itself_is_refused(
    pactolus: Run, before: Path, after: Path, usage: dict[str, Any], told: str
) -> None:
    file = before.with_name("usage.json")
    file.write_text(json.dumps(usage))

    result = pactolus("check", before, after, "--usage", file)

    assert result.returncode == 2
    assert told in result.stderr


def test_usage_of_operations_that_no_contract_has_is_told(pactolus: Run, before: Path, after: Path) -> None:
    file = before.with_name("usage.json")
    named = [{"consumer": "a", "operation": name, "calls": 3} for name in ("POST /orders", "post /orders")]
    file.write_text(json.dumps({"items": named}))

    result = pactolus("check", before, after, "--usage", file)

    assert result.returncode == 1
    assert "neither contract has: post /orders;" in result.stderr
