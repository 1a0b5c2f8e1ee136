"""A report that was stored as JSON is written in every format as the report itself."""

from __future__ import annotations

import json
from datetime import date

import pytest

from compatibility import compare
from compatibility.model import Report, UsageRow, Waiver
from compatibility.render import format_names, format_of
from compatibility.stored import report_of
from specs.files import documents_root, read_contract


def sample() -> Report:
    """A report with witnesses, consumers, places and a waiver."""
    root = documents_root()
    before = read_contract(root / "system/erp-orders.v1.openapi.yaml", (root,))
    after = read_contract(root / "system/crm-quote.v1.openapi.yaml", (root,))
    rows = [
        UsageRow("portal", "account-team", "1.0.0", "POST /orders", 7, "2026-11-01T09:00:00Z"),
        UsageRow("bridge", "crm-team", "1.0.0", "GET /orders/{orderId}", 0, None, "declared"),
    ]
    report = compare(before, after, usage=rows)
    first = next(one for one in report.findings if one.level == "breaking")
    waiver = Waiver(first.fingerprint, "Agreed.", "erp-team", date(2027, 1, 1))
    return report.with_waivers([waiver], date(2026, 11, 2))


REPORT = sample()


def test_what_was_written_is_read_back() -> None:
    stored = json.loads(json.dumps(REPORT.as_json()))

    again = report_of(stored)

    assert again.as_json() == REPORT.as_json()
    assert REPORT.count("breaking") > 0
    assert REPORT.waived == 1


@pytest.mark.parametrize("name", [name for name in format_names() if name != "sarif"])
def test_every_format_says_the_same(name: str) -> None:
    chosen = format_of(name)

    assert chosen.render(report_of(REPORT.as_json())) == chosen.render(REPORT)


def test_sarif_says_the_same_but_for_columns() -> None:
    chosen = format_of("sarif")

    def uncolumned(text: str) -> object:
        return json.loads(text, object_hook=lambda one: {k: v for k, v in one.items() if k != "startColumn"})

    assert uncolumned(chosen.render(report_of(REPORT.as_json()))) == uncolumned(chosen.render(REPORT))
