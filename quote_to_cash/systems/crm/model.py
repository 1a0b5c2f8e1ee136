"""A quote, its lines and the steps it may take; values in, values out.

Amounts follow ``quote_to_cash.money``; a quote's totals are always computed from its lines, never stored
apart from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from quote_to_cash.errors import WrongState
from quote_to_cash.money import Money, TaxedAmount, Totals, line_net, totals_by_currency

BillingTerms = Mapping[str, Any]
"""The terms of one of the five billing models as the contract carries them (``billingModel`` says which)."""


SUBMITTED = "SUBMITTED"
WITHDRAWN = "WITHDRAWN"
APPROVED = "APPROVED"


class QuoteStatus(StrEnum):
    """The states the CRM itself brings about."""

    DRAFT = "DRAFT"
    IN_APPROVAL = "IN_APPROVAL"
    APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much, in a unit of UN/ECE Recommendation 20 (HUR hour, DAY, MON, C62 one)."""

    value: Decimal
    unit_code: str


@dataclass(frozen=True, slots=True)
class TaxTreatment:
    """Category of UNCL 5305 and its rate in percent."""

    category: str
    rate_percent: Decimal
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One service at a price, sold by one legal entity, billed by one model."""

    id: str
    service_item_id: str
    legal_entity_id: str
    quantity: Quantity
    unit_price: Money
    billing_terms: BillingTerms
    description: str | None = None
    discount_percent: Decimal | None = None
    tax_treatment: TaxTreatment | None = None
    service_period: tuple[date, date] | None = None

    @property
    def net_amount(self) -> Money:
        """Quantity x unit price less discount, at the scale of the currency."""
        return line_net(self.quantity.value, self.unit_price, self.discount_percent or Decimal(0))

    @property
    def taxed_amount(self) -> TaxedAmount:
        """What the line adds to the tax subtotals; a line without treatment adds no tax."""
        tax = self.tax_treatment
        if tax is None:
            return TaxedAmount(self.net_amount, "", Decimal(0))
        return TaxedAmount(self.net_amount, tax.category, tax.rate_percent)


@dataclass(frozen=True, slots=True)
class Approval:
    """A decision taken on a quote."""

    by: str
    at: datetime
    decision: str
    rule: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteContent:
    """What an author writes in a quote; the rest is the service's."""

    customer_id: str
    legal_entity_id: str
    valid_until: date
    lines: tuple[QuoteLine, ...]
    opportunity_id: str | None = None
    purchase_order_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote in one version; ``version`` counts writes, ``revision`` counts offers made."""

    id: str
    number: str
    transaction_id: str
    content: QuoteContent
    created_at: datetime
    updated_at: datetime
    status: QuoteStatus = QuoteStatus.DRAFT
    revision: int = 1
    version: int = 1
    approvals: tuple[Approval, ...] = field(default_factory=tuple)

    @property
    def totals(self) -> tuple[Totals, ...]:
        """One per currency, in order of first use in the lines."""
        return totals_by_currency(line.taxed_amount for line in self.content.lines)

    @property
    def contracting_entities(self) -> tuple[str, ...]:
        """The sellers of the lines, each once, in the order of the lines."""
        return tuple(dict.fromkeys(line.legal_entity_id for line in self.content.lines))


def revised(quote: Quote, content: QuoteContent, now: datetime) -> Quote:
    """The draft with other content; WrongState for anything but a draft."""
    _require(quote, QuoteStatus.DRAFT, "revised")
    return replace(quote, content=content, version=quote.version + 1, updated_at=now)


def submitted(quote: Quote, by: str, comment: str | None, now: datetime) -> Quote:
    """DRAFT becomes IN_APPROVAL; a comment stands in the record of decisions."""
    _require(quote, QuoteStatus.DRAFT, "submitted")
    record = quote.approvals
    if comment is not None:
        record = (*record, Approval(by, now, SUBMITTED, comment=comment))
    return replace(
        quote, status=QuoteStatus.IN_APPROVAL, version=quote.version + 1, updated_at=now, approvals=record
    )


def withdrawn(quote: Quote, by: str, comment: str | None, now: datetime) -> Quote:
    """IN_APPROVAL becomes DRAFT again, with the withdrawal on record."""
    _require(quote, QuoteStatus.IN_APPROVAL, "withdrawn")
    return replace(
        quote,
        status=QuoteStatus.DRAFT,
        version=quote.version + 1,
        updated_at=now,
        approvals=(*quote.approvals, Approval(by, now, WITHDRAWN, comment=comment)),
    )


def approved(quote: Quote, approval: Approval) -> Quote:
    """IN_APPROVAL becomes APPROVED, with the decision on record."""
    require_in_approval(quote)
    return replace(
        quote,
        status=QuoteStatus.APPROVED,
        version=quote.version + 1,
        updated_at=approval.at,
        approvals=(*quote.approvals, approval),
    )


def require_in_approval(quote: Quote) -> None:
    """WrongState unless the quote waits for a decision."""
    _require(quote, QuoteStatus.IN_APPROVAL, "approved")


def currencies(quote: Quote) -> Sequence[str]:
    """The currencies of the lines, in order of first use."""
    return tuple(dict.fromkeys(line.unit_price.currency for line in quote.content.lines))


def representable_in_v1(quote: Quote) -> bool:
    """Whether version 1 can tell the quote: one currency, and the offering entity sells every line."""
    one_seller = quote.contracting_entities == (quote.content.legal_entity_id,)
    return one_seller and len(currencies(quote)) == 1


def _require(quote: Quote, status: QuoteStatus, step: str) -> None:
    if quote.status is not status:
        raise WrongState(f"Only a quote in status {status} can be {step}; {quote.id} is {quote.status}.")
