"""The contract hard cases: decided rows right, open rows pinned as the policy we chose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compatibility import Policy, compare

HERE = Path(__file__).parent
LETTERS = {"compatible": "S", "breaking": "B", "unknown": "U"}
CHOSEN: dict[str, dict[str, Any]] = json.loads((HERE / "cases/chosen_policy.json").read_text())
# Both documents of this row are equal, so there is nothing that could have been removed.
# Firms do not differ in these once the exact change is looked at.
SETTLED = {
    "hardcase/operation-removed-deprecated-before",
    "hardcase/param-array-single-to-multi",
    "hardcase/v3-address-null-to-value",
    "hardcase/v3-kafka-groupid-binding",
}
DEFECTIVE = {"hardcase/v3-operation-removed-send"}


def rows(kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / f"cases/hardcases_{kind}.jsonl").read_text().splitlines()]


ALL = rows("openapi") + rows("asyncapi")


@pytest.mark.parametrize(
    "row",
    [row for row in ALL if row["expect"]["verdict"] != "R" and row["id"] not in DEFECTIVE],
    ids=lambda row: row["id"],
)
def test_each_decided_contract_case_is_judged_right(row: dict[str, Any]) -> None:
    report = compare(row["old"], row["new"])

    assert LETTERS[report.verdict] == row["expect"]["verdict"], [
        finding.message for finding in report.findings
    ]


@pytest.mark.parametrize(
    "row", [row for row in ALL if row["expect"]["verdict"] == "R"], ids=lambda row: row["id"]
)
def test_each_open_contract_case_follows_the_policy_written_down(row: dict[str, Any]) -> None:
    chosen = CHOSEN[row["id"]]

    assert len(chosen["why"]) > 40
    assert LETTERS[compare(row["old"], row["new"]).verdict] == chosen["verdict"]


@pytest.mark.parametrize(
    "row", [row for row in ALL if row["expect"]["verdict"] == "R"], ids=lambda row: row["id"]
)
def test_a_firm_can_choose_the_other_policy_of_an_open_case(row: dict[str, Any]) -> None:
    chosen = CHOSEN[row["id"]]
    words: dict[str, Any] = chosen.get("policy", {})
    policy = Policy(**words)

    report = compare(row["old"], row["new"], policy=policy, level=chosen.get("level", "json"))

    assert LETTERS[report.verdict] == chosen["otherwise"]
    assert chosen["otherwise"] != chosen["verdict"] or row["id"] in SETTLED


def test_each_open_case_is_written_down_once() -> None:
    assert set(CHOSEN) == {row["id"] for row in ALL if row["expect"]["verdict"] == "R"}


def test_the_defective_case_compares_equal_documents() -> None:
    for row in ALL:
        if row["id"] in DEFECTIVE:
            assert row["old"] == row["new"]
            assert compare(row["old"], row["new"]).verdict == "compatible"


@pytest.mark.parametrize("row", ALL, ids=lambda row: row["id"])
def test_a_contract_against_itself_gives_nothing(row: dict[str, Any]) -> None:
    for side in ("old", "new"):
        report = compare(row[side], row[side])
        assert (report.verdict, report.findings, report.bump_required) == ("compatible", (), "none")


@pytest.mark.parametrize("row", ALL, ids=lambda row: row["id"])
def test_the_order_of_members_changes_nothing(row: dict[str, Any]) -> None:
    turned = compare(reversed_members(row["old"]), reversed_members(row["new"]))
    plain = compare(row["old"], row["new"])

    assert {one.fingerprint for one in turned.findings} == {one.fingerprint for one in plain.findings}


def reversed_members(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reversed_members(value[name]) for name in reversed(list(value))}
    return [reversed_members(item) for item in value] if isinstance(value, list) else value
