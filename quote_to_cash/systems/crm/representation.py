"""Quotes as the contracts show them: read from requests, written to responses in version 2 and version 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from quote_to_cash.errors import AmountsInconsistent, MoneyInvalid, RequestInvalid, Violation
from quote_to_cash.identifiers import Identify
from quote_to_cash.money import Totals, parse_money
from quote_to_cash.systems.crm.arithmetic import amount_violations
from quote_to_cash.systems.crm.model import (
    Approval,
    Quantity,
    Quote,
    QuoteContent,
    QuoteLine,
    TaxTreatment,
)


def read_content(body: Mapping[str, Any], identify: Identify) -> QuoteContent:
    """The content of a create request, or of a draft with a merge patch applied.

    Raises RequestInvalid for what the contract's schema cannot say (a currency outside ISO 4217, a day that
    is none) and AmountsInconsistent when billing terms and lines disagree; both list every place.
    """
    violations: list[Violation] = []
    lines = []
    for index, item in enumerate(body["lines"]):
        try:
            lines.append(_read_line(item, identify))
        except MoneyInvalid as error:
            violations.append(
                Violation(error.code, f"/lines/{index}/unitPrice", error.detail, location="body")
            )
        except ValueError as error:
            violations.append(
                Violation("date_invalid", f"/lines/{index}/servicePeriod", str(error), location="body")
            )
    try:
        valid_until = date.fromisoformat(body["validUntil"])
    except ValueError as error:
        violations.append(Violation("date_invalid", "/validUntil", str(error), location="body"))
    if violations:
        raise RequestInvalid("The quote has values that cannot be; see errors.", violations=violations)
    disagreements = amount_violations(lines)
    if disagreements:
        raise AmountsInconsistent(
            "The amounts of the quote do not agree; see errors.", violations=disagreements
        )
    return QuoteContent(
        customer_id=body["customerId"],
        legal_entity_id=body["legalEntityId"],
        valid_until=valid_until,
        lines=tuple(lines),
        opportunity_id=body.get("opportunityId"),
        purchase_order_ref=body.get("purchaseOrderRef"),
    )


def content_as_json(content: QuoteContent) -> dict[str, Any]:
    """The content in the form of a create request, to apply a merge patch to; lines keep their ids."""
    members = {
        "customerId": content.customer_id,
        "opportunityId": content.opportunity_id,
        "legalEntityId": content.legal_entity_id,
        "purchaseOrderRef": content.purchase_order_ref,
        "validUntil": content.valid_until.isoformat(),
        "lines": [line_as_json(line) for line in content.lines],
    }
    return {name: value for name, value in members.items() if value is not None}


def quote_as_json(quote: Quote) -> dict[str, Any]:
    """The canonical quote (version 2)."""
    return {
        "id": quote.id,
        "number": quote.number,
        "revision": quote.revision,
        "version": quote.version,
        "transactionId": quote.transaction_id,
        "status": str(quote.status),
        **content_as_json(quote.content),
        "contractingEntities": list(quote.contracting_entities),
        "totals": [totals_as_json(totals) for totals in quote.totals],
        "approvals": [_approval_as_json(approval) for approval in quote.approvals],
        "createdAt": timestamp(quote.created_at),
        "updatedAt": timestamp(quote.updated_at),
    }


def line_as_json(line: QuoteLine) -> dict[str, Any]:
    """The canonical quote line."""
    tax = line.tax_treatment
    members = {
        "id": line.id,
        "serviceItemId": line.service_item_id,
        "description": line.description,
        "legalEntityId": line.legal_entity_id,
        "quantity": {"value": format(line.quantity.value, "f"), "unitCode": line.quantity.unit_code},
        "unitPrice": line.unit_price.as_json(),
        "discountPercent": None if line.discount_percent is None else format(line.discount_percent, "f"),
        "netAmount": line.net_amount.as_json(),
        "taxTreatment": None if tax is None else _tax_as_json(tax),
        "servicePeriod": None
        if line.service_period is None
        else {"start": line.service_period[0].isoformat(), "end": line.service_period[1].isoformat()},
        "billingTerms": dict(line.billing_terms),
    }
    return {name: value for name, value in members.items() if value is not None}


def totals_as_json(totals: Totals) -> dict[str, Any]:
    """Net, tax and gross in one currency."""
    return {
        "currency": totals.currency,
        "net": totals.net.as_json(),
        "tax": totals.tax.as_json(),
        "gross": totals.gross.as_json(),
    }


def timestamp(moment: datetime) -> str:
    """RFC 3339, UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396) of an object whose members are replaced whole or removed by null.

    Nested objects are merged as well; no member of a quote's content but its lines is nested.
    """
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            present = result.get(name)
            result[name] = merged(present if isinstance(present, Mapping) else {}, value)
        else:
            result[name] = value
    return result


def _read_line(item: Mapping[str, Any], identify: Identify) -> QuoteLine:
    tax = item.get("taxTreatment")
    period = item.get("servicePeriod")
    discount = item.get("discountPercent")
    return QuoteLine(
        id=item.get("id") or identify("lin"),
        service_item_id=item["serviceItemId"],
        description=item.get("description"),
        legal_entity_id=item["legalEntityId"],
        quantity=Quantity(Decimal(item["quantity"]["value"]), item["quantity"]["unitCode"]),
        unit_price=parse_money(item["unitPrice"]),
        discount_percent=None if discount is None else Decimal(discount),
        tax_treatment=None
        if tax is None
        else TaxTreatment(tax["category"], Decimal(tax["ratePercent"]), tax.get("jurisdiction")),
        service_period=None
        if period is None
        else (date.fromisoformat(period["start"]), date.fromisoformat(period["end"])),
        billing_terms=item["billingTerms"],
    )


def _tax_as_json(tax: TaxTreatment) -> dict[str, str]:
    members = {"category": tax.category, "ratePercent": format(tax.rate_percent, "f")}
    return members if tax.jurisdiction is None else {**members, "jurisdiction": tax.jurisdiction}


def _approval_as_json(approval: Approval) -> dict[str, str]:
    members = {
        "by": approval.by,
        "at": timestamp(approval.at),
        "rule": approval.rule,
        "decision": approval.decision,
        "comment": approval.comment,
    }
    return {name: value for name, value in members.items() if value is not None}
