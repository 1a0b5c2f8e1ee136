"""The contracts can grow: what the conventions are for, shown by the judge of changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from compatibility import Report, compare
from specs.load import load_contract
from specs.model import Contract

ERP = "system/erp-orders.v1.openapi.yaml"
EVENTS = "events/commercial-events.v1.asyncapi.yaml"
PORTAL = "experience/client-portal.v1.openapi.yaml"
QUOTE = "system/crm-quote.v2.openapi.yaml"

Read = Callable[[str], Contract]
Change = Callable[[dict[str, Any]], object]


def test_the_breaking_proposal_breaks_writers_and_readers_and_says_so_with_witnesses(
    contract: Read, proposal: Callable[[str], dict[str, Any]]
) -> None:
    report = judged(contract(ERP), proposal("breaking"))
    breaking = [finding for finding in report.findings if finding.level == "breaking"]

    assert (report.verdict, report.bump_required, report.bump_sufficient) == ("breaking", "major", False)
    assert {finding.direction for finding in breaking if finding.operations} == {"consumed", "produced"}
    assert any("taxCategory" in finding.message and finding.witness for finding in breaking)
    assert any("purchaseOrderRef" in finding.message for finding in breaking)


def test_the_compatible_proposal_is_a_minor_version(
    contract: Read, proposal: Callable[[str], dict[str, Any]]
) -> None:
    report = judged(contract(ERP), proposal("compatible"))

    assert (report.verdict, report.bump_required, report.bump_sufficient) == ("compatible", "minor", True)


def test_the_second_quote_version_breaks_the_first(contract: Read) -> None:
    report = compare(contract("system/crm-quote.v1.openapi.yaml"), contract(QUOTE))

    assert (report.verdict, report.bump_sufficient) == ("breaking", True)


def event_data(document: dict[str, Any]) -> dict[str, Any]:
    message = document["components"]["messages"]["QuoteApproved"]
    return message["payload"]["schema"]["properties"]["data"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (lambda d: event_data(d)["properties"].update(channel={"type": "string"}), "compatible"),
        (lambda d: event_data(d)["required"].append("number"), "breaking"),
        (lambda d: event_data(d)["required"].remove("totals"), "breaking"),
        (lambda d: event_data(d)["properties"].pop("number"), "breaking"),
    ],
    ids=["an optional member more", "a member required", "a member no longer sure", "a member gone"],
)
def test_an_event_is_judged_for_its_publisher_and_for_its_subscribers(
    contract: Read, documents: Any, change: Change, verdict: str
) -> None:
    assert judged(contract(EVENTS), changed(documents.values[EVENTS], change)).verdict == verdict


def test_a_new_value_of_an_extensible_enumeration_breaks_nobody(contract: Read, documents: Any) -> None:
    def order_on_hold(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Order"]["properties"]["status"]["x-extensible-enum"].append(
            "ON_HOLD"
        )

    assert judged(contract(ERP), changed(documents.values[ERP], order_on_hold)).verdict == "compatible"


def test_a_new_filter_is_compatible_and_one_value_less_is_not(contract: Read, documents: Any) -> None:
    def status_of(document: dict[str, Any]) -> dict[str, Any]:
        parameters = document["paths"]["/me/invoices"]["get"]["parameters"]
        return next(p for p in parameters if p.get("name") == "status")["schema"]  # type: ignore[no-any-return]

    more = changed(documents.values[PORTAL], lambda d: status_of(d)["enum"].append("OVERDUE"))
    less = changed(documents.values[PORTAL], lambda d: status_of(d)["enum"].remove("SENT"))

    assert judged(contract(PORTAL), more).verdict == "compatible"
    assert judged(contract(PORTAL), less).verdict == "breaking"


def changed(value: dict[str, Any], change: Change) -> dict[str, Any]:
    copied = copy.deepcopy(value)
    change(copied)
    major, minor, _ = copied["info"]["version"].split(".")
    copied["info"]["version"] = f"{major}.{int(minor) + 1}.0"
    return copied


def judged(before: Contract, after: dict[str, Any]) -> Report:
    """The report on a changed document, the documents it refers to being the same."""
    uri = before.document.uri
    references = {name: document.raw for name, document in before.documents.items() if name != uri}
    return compare(before, load_contract(uri, json.dumps(after).encode(), references))
