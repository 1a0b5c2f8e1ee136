"""The operations of crm-quote version 1: the same quotes, told with one currency, one seller and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from quote_to_cash.errors import MoneyInvalid, NotRepresentableInV1, RequestInvalid, Violation
from quote_to_cash.exchange import Answer, Call, Clock, Handler, Transactions, Write, etag
from quote_to_cash.identifiers import Identify
from quote_to_cash.money import Money, amount_text, line_net, parse_amount
from quote_to_cash.paging import page_as_json, page_limit, read_cursor
from quote_to_cash.systems.crm.model import Quote, QuoteContent, currencies, representable_in_v1
from quote_to_cash.systems.crm.ports import QuoteFilter, QuoteUnit
from quote_to_cash.systems.crm.representation import read_content
from quote_to_cash.systems.crm.web import LIST_FILTERS, existing, new_quote

PERCENT_SCALE_MAX = 4


class QuoteOperationsV1:
    """The handlers of version 1, over the store of version 2."""

    def __init__(self, store: Transactions[QuoteUnit], now: Clock, identify: Identify) -> None:
        self._store = store
        self._now = now
        self._identify = identify

    def handlers(self) -> Mapping[str, Handler[QuoteUnit]]:
        """One handler per operationId of crm-quote v1."""
        return {
            "listQuotes": self.list_quotes,
            "createQuote": self.create_quote,
            "getQuote": self.get_quote,
        }

    def list_quotes(self, call: Call) -> Answer:
        """A page of the quotes this version can tell."""
        after = read_cursor(call.query, LIST_FILTERS)
        chosen = QuoteFilter(call.query.get("status"), call.query.get("customerId"), in_v1=True)
        with self._store.read() as unit:
            quotes = unit.quotes(chosen, after, page_limit(call.query) + 1)
        page = page_as_json(quotes, call.query, LIST_FILTERS, lambda quote: quote.id, quote_as_v1)
        return Answer(200, page)

    def get_quote(self, call: Call) -> Answer:
        """The quote, or NotRepresentableInV1."""
        with self._store.read() as unit:
            quote = existing(unit, call)
        return Answer(200, quote_as_v1(quote), {"ETag": etag(quote.version)})

    def create_quote(self, call: Call) -> Write[QuoteUnit]:
        """A draft whose lines are fixed fees, invoiced on completion."""
        content = content_from_v1(call.body, self._identify)

        def work(unit: QuoteUnit) -> Answer:
            quote = new_quote(unit, content, self._now, self._identify)
            headers = {"Location": f"{call.base_path}/quotes/{quote.id}", "ETag": etag(quote.version)}
            return Answer(201, quote_as_v1(quote), headers)

        return Write(work)


def quote_as_v1(quote: Quote) -> dict[str, Any]:
    """The quote in version 1; raises NotRepresentableInV1 for several currencies or sellers."""
    if not representable_in_v1(quote):
        raise NotRepresentableInV1(_reason(quote), owner="crm-team")
    totals = quote.totals[0]
    lines = []
    for line in quote.content.lines:
        shown = {
            "id": line.id,
            "serviceItemId": line.service_item_id,
            "description": line.description,
            "quantity": _number(line.quantity.value),
            "unitPrice": _number(line.unit_price.amount),
            "amount": _number(line.net_amount.amount),
        }
        lines.append({name: value for name, value in shown.items() if value is not None})
    return {
        "id": quote.id,
        "number": quote.number,
        "customerId": quote.content.customer_id,
        "status": str(quote.status),
        "legalEntityId": quote.content.legal_entity_id,
        "currency": totals.currency,
        "totalAmount": _number(totals.net.amount),
        "validUntil": quote.content.valid_until.isoformat(),
        "lines": lines,
    }


def content_from_v1(body: Mapping[str, Any], identify: Identify) -> QuoteContent:
    """The canonical content of a version 1 request; RequestInvalid when a number has too many decimals."""
    violations: list[Violation] = []

    def decimal(value: float, pointer: str) -> Decimal:
        try:
            return parse_amount(repr(value))
        except MoneyInvalid as error:
            violations.append(Violation("too_many_decimals", pointer, error.detail, location="body"))
            return Decimal(0)

    rate = decimal(body.get("taxRatePercent", 0), "/taxRatePercent")
    if -int(rate.normalize().as_tuple().exponent) > PERCENT_SCALE_MAX:
        detail = f"A rate has at most {PERCENT_SCALE_MAX} decimals."
        violations.append(Violation("too_many_decimals", "/taxRatePercent", detail, location="body"))
    tax = {"category": "S" if "taxRatePercent" in body else "O", "ratePercent": _plain(rate)}
    try:
        lines = [
            _line(
                item,
                decimal(item["quantity"], f"/lines/{index}/quantity"),
                Money(decimal(item["unitPrice"], f"/lines/{index}/unitPrice"), body["currency"]),
                tax,
                body["legalEntityId"],
            )
            for index, item in enumerate(body["lines"])
        ]
    except MoneyInvalid as error:
        violations = [Violation(error.code, "/currency", error.detail, location="body")]
    if violations:
        raise RequestInvalid("The quote has values that cannot be; see errors.", violations=violations)
    return read_content({**body, "lines": lines}, identify)


def _line(
    item: Mapping[str, Any], quantity: Decimal, unit_price: Money, tax: Mapping[str, str], seller: str
) -> dict[str, Any]:
    line = {
        "serviceItemId": item["serviceItemId"],
        "legalEntityId": seller,
        "quantity": {"value": _plain(quantity), "unitCode": "C62"},
        "unitPrice": {
            "amount": amount_text(unit_price.amount, unit_price.currency),
            "currency": unit_price.currency,
        },
        "taxTreatment": tax,
        "billingTerms": {
            "billingModel": "FIXED_FEE",
            "amount": line_net(quantity, unit_price).as_json(),
            "invoiceOn": "COMPLETION",
        },
    }
    return {**line, "description": item["description"]} if "description" in item else line


def _plain(value: Decimal) -> str:
    return format(value, "f") if value == value.to_integral() else format(value.normalize(), "f")


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _reason(quote: Quote) -> str:
    several = currencies(quote)
    if len(several) > 1:
        return (
            f"{quote.id} has amounts in {' and '.join(several)}, and version 1 knows one currency per quote. "
            "Read it with version 2."
        )
    sellers = quote.contracting_entities
    return (
        f"{quote.id} is sold by {' and '.join(sellers)}, and version 1 knows one seller per quote. "
        "Read it with version 2."
    )
