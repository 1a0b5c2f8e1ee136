"""A report that was kept without traffic is joined with traffic as the fresh one is."""

from __future__ import annotations

import json

import pytest

from compatibility import Seen, UsageRow, compare
from compatibility.kept import kept_of, report_of_kept
from compatibility.model import Report
from specs.files import documents_root, read_contract
from specs.load import load_contract

ROOT = documents_root()
PAIRS = [
    ("system/erp-orders.v1.openapi.yaml", "system/crm-quote.v1.openapi.yaml"),
    ("platform/registry.v1.openapi.yaml", "system/erp-orders.v1.openapi.yaml"),
]


def pair_reports() -> list[Report]:
    """Reports of packaged contracts, and of one with a form, a parameter and a required member."""
    found = []
    for before, after in PAIRS:
        sides = [read_contract(ROOT / path, (ROOT,)) for path in (before, after)]
        found.append(compare(*sides))
    text = """
openapi: 3.1.0
info: {{title: T, version: 1.0.0}}
paths:
  /a:
    post:
      operationId: a
      parameters: [{{name: n, in: query, schema: {{type: {type}}}}}]
      requestBody:
        content:
          application/x-www-form-urlencoded: {{schema: {{type: object, properties: {{x: {{type: {type}}}}}}}}}
          application/json:
            schema: {{type: object, required: [{need}], properties: {{x: {{enum: [{values}]}}}}}}
      responses: {{'200': {{description: ok}}}}
"""
    sides = [
        load_contract("a.yaml", text.format(type=kind, need=need, values=values).encode(), {})
        for kind, need, values in (("string", "", "a, b"), ("integer", "x", "a"))
    ]
    return [*found, compare(*sides)]


REPORTS = pair_reports()


def rows(report: Report) -> list[UsageRow]:
    """Traffic on every operation that a finding reaches, with recorded members and values."""
    names = sorted({name for finding in report.findings for name in finding.operations})
    seen = (Seen("request", "", 7), Seen("request", "x", 3), Seen("request", "x", 3, "b"))
    return [
        UsageRow("portal", "team", "1.0.0", name, 7, "2026-11-01T09:00:00Z", "observed", seen)
        for name in names
    ]


@pytest.mark.parametrize("report", REPORTS, ids=["packaged", "platform", "texts"])
def test_traffic_is_joined_with_a_kept_report_as_with_a_fresh_one(report: Report) -> None:
    kept = report_of_kept(json.loads(json.dumps(kept_of(report))))

    assert kept.as_json() == report.as_json()
    assert kept.digest == report.digest
    assert kept.with_usage(rows(report)).as_json() == report.with_usage(rows(report)).as_json()
    assert any(finding.evidence is not None for finding in kept.findings)


def test_a_schema_is_kept_once() -> None:
    kept = kept_of(REPORTS[0])

    texts = [json.dumps(schema) for schema in kept["schemas"]]

    assert len(texts) == len(set(texts)) > 0


def test_what_is_no_kept_report_is_refused() -> None:
    with pytest.raises(KeyError):
        report_of_kept({"report": REPORTS[0].as_json()})
