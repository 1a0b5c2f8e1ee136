"""What must hold of any contracts: rewriting says nothing, sides swap, fingerprints stay, steps add up."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compatibility import Policy, Waiver, compare, compare_schemas
from compatibility.config import PROMISE_LEVELS, Mode
from compatibility.model import Report
from specs.files import documents_root, read_contract
from specs.load import load_contract
from tests.compatibility.rewritings import REWRITINGS, fits

HERE = Path(__file__).parent
KINDS = ("openapi", "asyncapi")
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for kind in KINDS
    for line in (HERE / f"cases/hardcases_{kind}.jsonl").read_text().splitlines()
]
WAYS = [(name, row) for name in REWRITINGS for row in ROWS if fits(name, [row["old"], row["new"]])]


def fingerprints(report: Report) -> dict[str, str]:
    """What counts at the level that is judged."""
    return {one.fingerprint: one.level for one in report.findings if one.promise in ("wire", "json")}


@pytest.mark.parametrize(("name", "row"), WAYS, ids=lambda one: one if isinstance(one, str) else one["id"])
def test_a_rewritten_contract_is_the_same_contract(name: str, row: dict[str, Any]) -> None:
    for side in ("old", "new"):
        report = compare(row[side], REWRITINGS[name](row[side]))

        assert (report.verdict, fingerprints(report)) == ("compatible", {}), [
            one.message for one in report.findings
        ]
        assert report.bump_required in ("none", "patch")


@pytest.mark.parametrize(("name", "row"), WAYS, ids=lambda one: one if isinstance(one, str) else one["id"])
def test_a_fingerprint_survives_another_way_of_writing(name: str, row: dict[str, Any]) -> None:
    rewriting = REWRITINGS[name]
    plain = compare(row["old"], row["new"])

    both = compare(rewriting(row["old"]), rewriting(row["new"]))
    after = compare(row["old"], rewriting(row["new"]))

    assert fingerprints(both) == fingerprints(plain)
    assert fingerprints(after) == fingerprints(plain)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_distinct_findings_never_share_a_fingerprint(row: dict[str, Any]) -> None:
    for level in ("json", "docs"):
        findings = compare(row["old"], row["new"], level=level).findings  # type: ignore[arg-type]

        assert len({one.fingerprint for one in findings}) == len(findings)


PACKAGED = sorted(documents_root().rglob("*.v*.yaml"))


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.name)
def test_the_packaged_contracts_rewritten_are_the_same(path: Path) -> None:
    before = read_contract(path, [documents_root()])
    entry = before.document
    others = {uri: one.raw for uri, one in before.documents.items() if uri != entry.uri}
    for name, rewriting in REWRITINGS.items():
        if fits(name, entry.value):
            text = json.dumps(rewriting(entry.value)).encode()
            assert fingerprints(compare(before, load_contract(entry.uri, text, others))) == {}, name


def contract(schema: Any, where: str) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
    if where == "request":
        operation["requestBody"] = {"content": content}
    else:
        operation["responses"]["200"]["content"] = content
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1.0.0"},
        "paths": {"/a": {"post": operation}},
    }


POLICY = Policy(response_member_removed="info")
LEAVES: list[Any] = [
    True,
    {"type": "string"},
    {"type": "string", "maxLength": 3},
    {"type": "integer"},
    {"type": "number"},
    {"enum": ["a", "b"]},
    {"const": "a"},
    {"type": "integer", "minimum": 0},
    {"type": "null"},
]


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    return st.one_of(
        st.builds(
            lambda held, needed, open_: {
                "type": "object",
                "properties": held,
                "required": sorted(needed & held.keys()),
                **({} if open_ else {"additionalProperties": False}),
            },
            members,
            st.frozensets(st.sampled_from("xyz")),
            st.booleans(),
        ),
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2)),
    )


SCHEMAS = st.recursive(st.sampled_from(LEAVES), grown, max_leaves=6)


@given(SCHEMAS, SCHEMAS, st.sampled_from(["declared", "strict"]))
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_swapping_the_sides_swaps_consumed_and_produced(before: Any, after: Any, mode: Any) -> None:
    requests = compare(contract(before, "request"), contract(after, "request"), mode=mode, policy=POLICY)
    answers = compare(contract(after, "response"), contract(before, "response"), mode=mode, policy=POLICY)

    assert requests.verdict == answers.verdict
    assert {one.consumed for one in reach(requests)} == {one.produced for one in reach(answers)}


def reach(report: Report) -> list[Any]:
    return [one for finding in report.findings if finding.level != "info" for one in finding.reach]


STEPS: list[Any] = [
    *LEAVES,
    {"type": "string", "maxLength": 5},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"type": "integer", "minimum": 0, "maximum": 9},
    {"enum": [1, 2]},
    {"type": "object"},
    {"type": "object", "properties": {"x": {"type": "string"}}},
    {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
    {"type": "object", "properties": {"x": True}, "additionalProperties": False},
    {"type": "object", "properties": {"x": {"enum": ["a"]}}, "required": ["x"]},
    {"type": "array"},
    {"type": "array", "items": {"type": "string"}},
    {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    {"not": {"type": "string"}},
    False,
]


def test_compatible_steps_add_up() -> None:
    fits_into = {
        (one, two): compare_schemas(STEPS[one], STEPS[two], openness="strict").verdict
        for one, two in itertools.product(range(len(STEPS)), repeat=2)
    }
    chains = [
        (one, two, three)
        for one, two, three in itertools.product(range(len(STEPS)), repeat=3)
        if fits_into[one, two] == fits_into[two, three] == "compatible"
    ]

    assert len(chains) > 300
    for one, _, three in chains:
        assert fits_into[one, three] == "compatible"


DOCUMENTS = {
    kind: [row[side] for row in ROWS for side in ("old", "new") if kind in row[side]] for kind in KINDS
}
STRANGERS = [
    (DOCUMENTS[kind][one * 37 % len(DOCUMENTS[kind])], DOCUMENTS[kind][one * 101 % len(DOCUMENTS[kind])], one)
    for kind in KINDS
    for one in range(1, 121)
]


@pytest.mark.parametrize(("before", "after", "number"), STRANGERS, ids=lambda one: str(one)[:20])
def test_any_two_contracts_of_a_kind_can_be_compared(before: Any, after: Any, number: int) -> None:
    mode: Mode = ("declared", "strict")[number % 2]
    level = PROMISE_LEVELS[number % 4]

    report = compare(before, after, mode=mode, level=level)

    assert len({one.fingerprint for one in report.findings}) == len(report.findings)
    for finding in report.findings:
        assert set(finding.operations) <= {one.operation for one in finding.reach}
        assert PROMISE_LEVELS.index(finding.promise) <= PROMISE_LEVELS.index(level) or finding.level == "info"
    waivers = [Waiver(one.fingerprint, "all", "owner", date(2026, 1, 2)) for one in report.findings]
    assert report.with_waivers(waivers, date(2026, 1, 1)).verdict != "breaking"
