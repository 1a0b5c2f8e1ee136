"""Whether the amounts of a quote agree: billing terms with the line they bill, all in the line's currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from quote_to_cash.errors import MoneyInvalid, Violation
from quote_to_cash.money import (
    Money,
    fits,
    has_document_scale,
    parse_money,
    sum_money,
    totals_by_currency,
)
from quote_to_cash.systems.crm.model import QuoteLine

DISCOUNT_PERCENT_MAX = 100
_PRICES = frozenset({"unitPrice"})


def amount_violations(lines: Sequence[QuoteLine]) -> tuple[Violation, ...]:
    """Every disagreement, with pointers into the quote."""
    found = [
        violation
        for index, line in enumerate(lines)
        for violation in _line_violations(line, f"/lines/{index}")
    ]
    if not found:
        totals = totals_by_currency(line.taxed_amount for line in lines)
        found = [
            Violation(
                "amount_too_large", "/lines", f"The total in {total.currency} exceeds what can be written."
            )
            for total in totals
            if not fits(total.gross) or not fits(total.net)
        ]
    return tuple(found)


def _line_violations(line: QuoteLine, at: str) -> Iterator[Violation]:
    terms_at = f"{at}/billingTerms"
    if (line.discount_percent or 0) > DISCOUNT_PERCENT_MAX:
        yield Violation("discount_too_large", f"{at}/discountPercent", "A discount is at most 100 percent.")
        return
    if not fits(line.net_amount):
        yield Violation("amount_too_large", f"{at}/unitPrice", "The net amount exceeds what can be written.")
        return
    unreadable = tuple(_money_violations(line.billing_terms, terms_at, line.unit_price.currency))
    yield from unreadable
    if unreadable:
        return
    if line.service_period is not None and line.service_period[1] < line.service_period[0]:
        yield Violation("period_reversed", f"{at}/servicePeriod/end", "The period ends before it starts.")
    terms = line.billing_terms
    match terms.get("billingModel"):
        case "FIXED_FEE":
            yield from _fixed_fee_violations(terms, terms_at, line.net_amount)
        case "MILESTONE":
            total = _sum(terms["milestones"], line.net_amount.currency)
            if total.amount != line.net_amount.amount:
                yield _disagreement(f"{terms_at}/milestones", "The milestones add up to", total, line)


def _fixed_fee_violations(terms: Mapping[str, Any], at: str, net: Money) -> Iterator[Violation]:
    fee = parse_money(terms["amount"])
    if fee.amount != net.amount:
        detail = f"The fee of {_words(fee)} differs from the net amount of the line, {_words(net)}."
        yield Violation("amount_mismatch", f"{at}/amount", detail)
    instalments = terms.get("instalments", ())
    if instalments:
        total = _sum(instalments, net.currency)
        if total.amount != fee.amount:
            detail = f"The instalments add up to {_words(total)} and the fee is {_words(fee)}."
            yield Violation("amount_mismatch", f"{at}/instalments", detail)


def _money_violations(value: Any, at: str, currency: str) -> Iterator[Violation]:
    """Money anywhere in the terms: in the line's currency, payable unless it is a price."""
    if isinstance(value, Mapping) and value.keys() == {"amount", "currency"}:
        yield from _one_money_violation(value, at, currency)
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _money_violations(member, f"{at}/{name}", currency)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _money_violations(item, f"{at}/{index}", currency)


def _one_money_violation(value: Mapping[str, Any], at: str, currency: str) -> Iterator[Violation]:
    try:
        money = parse_money(value)
    except MoneyInvalid as error:
        yield Violation("money_invalid", at, error.detail)
        return
    if money.currency != currency:
        detail = f"The line is priced in {currency} and this amount in {money.currency}."
        yield Violation("currency_mismatch", f"{at}/currency", detail)
    elif at.rpartition("/")[2] not in _PRICES and not has_document_scale(money.amount, money.currency):
        yield Violation("amount_scale", f"{at}/amount", f"{money.currency} has no smaller unit than this.")


def _sum(items: Sequence[Mapping[str, Any]], currency: str) -> Money:
    return sum_money((parse_money(item["amount"]) for item in items), currency)


def _disagreement(at: str, what: str, found: Money, line: QuoteLine) -> Violation:
    detail = f"{what} {_words(found)} and the net amount of the line is {_words(line.net_amount)}."
    return Violation("amount_mismatch", at, detail)


def _words(money: Money) -> str:
    shown = money.as_json()
    return f"{shown['amount']} {shown['currency']}"
