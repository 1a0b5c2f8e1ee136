"""Reports that the tests of formats share: one with everything in it, one with nothing, one that attacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from compatibility.model import (
    ConsumerImpact,
    ContractRef,
    Finding,
    Place,
    Reach,
    Report,
    Waiver,
    Window,
    Witness,
)

BEFORE = ContractRef("erp-orders", "1.4.0", "b" * 64)
AFTER = ContractRef("erp-orders", "1.5.0", "a" * 64)

REQUIRED = Finding(
    rule="sample-request-member-required",
    level="breaking",
    direction="consumed",
    operations=("POST /orders", "PUT /orders/{orderId}"),
    before=Place("system/erp-orders.yaml", "/components/schemas/OrderDraft", 118, 5),
    after=Place("system/erp-orders.yaml", "/components/schemas/OrderDraft", 121, 5),
    message="POST /orders now requires member `taxCategory` in the request; one without it was fine and is "
    "now refused (and 1 more operations)",
    fix="Make `taxCategory` optional with a documented default, or publish a new major version.",
    fingerprint="bbcf819a87a2a75a",
    witness=Witness(
        {"contractId": "ctr_a", "currency": "AAA", "lines": [{"quantity": 1, "sku": "a"}]},
        "before",
        "after",
        "'taxCategory' is a required property",
    ),
    consumers=(
        ConsumerImpact(
            "quote-orchestrator",
            "integration-engineering",
            "BROKEN",
            18_204,
            "2026-11-20T17:03:12Z",
            "observed",
            "uses POST /orders, and none of its calls sent `taxCategory`",
        ),
        ConsumerImpact(
            "partner-portal",
            "channel-sales",
            "POTENTIALLY",
            0,
            None,
            "declared",
            "uses POST /orders; whether it uses this part is not recorded",
        ),
        ConsumerImpact(
            "finance-close",
            "finance-systems",
            "UNAFFECTED",
            412,
            "2026-11-19T02:00:00Z",
            "observed",
            "calls none of the operations this finding reaches",
        ),
    ),
    promise="wire",
    reach=(
        Reach("POST /orders", "breaking", "compatible"),
        Reach("PUT /orders/{orderId}", "breaking", None),
    ),
    also_at=(Place("system/erp-orders.yaml", "/components/schemas/OrderPatch", 160, 5),),
)
REMOVED = Finding(
    rule="sample-operation-removed",
    level="breaking",
    direction="consumed",
    operations=("GET /orders/{orderId}/export",),
    before=Place("system/erp-orders.yaml", "/paths/~1orders~1{orderId}~1export/get", 77, 5),
    after=None,
    message="GET /orders/{orderId}/export is gone; every call to it now fails",
    fix="Keep it and mark it deprecated with a sunset date, or publish a new major version.",
    fingerprint="7ecf2339e0b5962f",
    usage_note="no recorded consumer calls the operations this reaches",
    every_request=True,
)
WIDENED = Finding(
    rule="sample-response-value-added",
    level="breaking",
    direction="produced",
    operations=("GET /orders",),
    before=Place("canonical/money.yaml", "/Currency", 9, 3),
    after=Place("canonical/money.yaml", "/Currency", 9, 3),
    message="GET /orders: `items[].currency` in the 200 response may now be `XTS`",
    fix="Send it to those who ask for it only, or publish a new major version.",
    fingerprint="75903efaff0f11a4",
    witness=Witness("XTS", "after", "before", "'XTS' is not one of ['EUR', 'USD']"),
    promise="json",
    waived=Waiver(
        "75903efaff0f11a4",
        "Readers take any ISO 4217 code; agreed in CAB-2026-31.",
        "erp-team",
        date(2027, 1, 31),
    ),
)
UNDECIDED = Finding(
    rule="sample-request-pattern-narrowed",
    level="unknown",
    direction="consumed",
    operations=("POST /orders",),
    before=Place("system/erp-orders.yaml", "/components/schemas/Reference", 201, 7),
    after=Place("system/erp-orders.yaml", "/components/schemas/Reference", 205, 7),
    message="POST /orders: whether `reference` takes all it took could not be decided: the pattern has a "
    "look-ahead",
    fix="Write the pattern without look-ahead, or publish a new major version.",
    fingerprint="0f11a475903efaff",
)
ADDED = Finding(
    rule="sample-response-member-added",
    level="info",
    direction="produced",
    operations=("GET /orders",),
    before=Place("system/erp-orders.yaml", "/components/schemas/Order", 140, 5),
    after=Place("system/erp-orders.yaml", "/components/schemas/Order/properties/channel", 152, 9),
    message="GET /orders: the 200 response may now carry member `items[].channel`",
    fix="Nothing to do.",
    fingerprint="7b1973d314c8d174",
    promise="sdk",
)
RICH = Report(
    verdict="breaking",
    findings=(REMOVED, REQUIRED, WIDENED, UNDECIDED, ADDED),
    bump_required="major",
    bump_declared="minor",
    bump_sufficient=False,
    before=BEFORE,
    after=AFTER,
    not_judged=("POST /orders: the parameters of what is called changed",),
    window=Window("2026-10-24T00:00:00Z", "2026-11-23T00:00:00Z"),
)
NOTHING = Report(
    verdict="compatible",
    findings=(),
    bump_required="none",
    bump_declared="none",
    bump_sufficient=True,
    before=BEFORE,
    after=replace(AFTER, version="1.4.0"),
)


def saying(text: str) -> Report:
    """A report in which every text that a contract controls is `text`."""
    impact = ConsumerImpact(text, text, "BROKEN", 1, text, "observed", text)
    place = Place(text, text, 3, 4)
    finding = replace(
        REQUIRED,
        operations=(text, text + "2"),
        before=place,
        after=place,
        message=text,
        fix=text,
        witness=Witness({text: [text]}, "before", "after", text),
        consumers=(impact,),
        usage_note=text,
        also_at=(place,),
        reach=(Reach(text, "breaking", None), Reach(text + "2", "breaking", "compatible")),
    )
    waived = replace(finding, fingerprint="0" * 16, waived=Waiver("0" * 16, text, text, date(2027, 1, 31)))
    undecided = replace(finding, fingerprint="1" * 16, level="unknown", message=f"`{text}`", reach=())
    noted = replace(finding, fingerprint="2" * 16, level="info")
    named = ContractRef(text, text, "a" * 64)
    return replace(
        RICH,
        findings=(finding, waived, undecided, noted),
        before=named,
        after=named,
        not_judged=(text,),
        window=Window(text, text),
    )
