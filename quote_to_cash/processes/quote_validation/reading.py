"""The facts, read from the systems of record through the gateway.

Nothing is taken as given unasked: an answer that is neither the document nor "there is none" ends the
validation with an upstream error, never with a rule kept or broken.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from quote_to_cash.errors import QuoteUnknown, UpstreamFailed, Violation
from quote_to_cash.exchange import Trace
from quote_to_cash.gateway_client import Gateway, GatewayCall, GatewayReply
from quote_to_cash.processes.quote_validation.model import (
    Document,
    Facts,
    TaxQuestion,
    buyer_country,
    tax_questions,
)

QUOTES = "/system/crm-quote/v2/quotes"
CUSTOMERS = "/system/erp-orders/v1/customers"
MASTER_DATA = "/system/master-data/v1"


class FactSource(Protocol):
    """Where facts come from."""

    def facts(self, quote_id: str, trace: Trace) -> Facts:
        """All facts of a quote; QuoteUnknown when there is none, an upstream error when one cannot be had."""


class GatewayFacts:
    """``FactSource`` over the gateway, one call per document, each different document once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def facts(self, quote_id: str, trace: Trace) -> Facts:
        """See ``FactSource``."""
        quote = self._get(f"{QUOTES}/{quote_id}", trace)
        if quote is None:
            detail = f"There is no quote {quote_id}."
            violation = Violation("quote_unknown", "/quoteId", detail, location="body")
            raise QuoteUnknown(detail, violations=[violation])
        customer = self._get(f"{CUSTOMERS}/{quote['customerId']}", trace)
        entity_ids = _distinct([quote["legalEntityId"], *(line["legalEntityId"] for line in quote["lines"])])
        item_ids = _distinct(line["serviceItemId"] for line in quote["lines"])
        entities = {name: self._get(f"{MASTER_DATA}/legal-entities/{name}", trace) for name in entity_ids}
        items = {name: self._get(f"{MASTER_DATA}/service-items/{name}", trace) for name in item_ids}
        registrations = () if customer is None else customer.get("taxRegistrations", ())
        questions = [
            question
            for question in tax_questions(quote, items, buyer_country(customer))
            if entities.get(question.seller_entity_id) is not None
        ]
        return Facts(
            quote=quote,
            customer=customer,
            legal_entities=entities,
            service_items=items,
            verifications=tuple(self._verified(registration, trace) for registration in registrations),
            tax_treatments={question: self._determined(question, trace) for question in questions},
        )

    def _get(self, path: str, trace: Trace) -> Document | None:
        reply = self._gateway.send(GatewayCall("GET", path, trace))
        if reply.status == 404:
            return None
        return _document(reply, path)

    def _ask(self, path: str, body: Any, trace: Trace) -> GatewayReply:
        return self._gateway.send(GatewayCall("POST", path, trace, body=body, safe=True))

    def _verified(self, registration: Document, trace: Trace) -> Document:
        path = f"{MASTER_DATA}/tax-registrations/verifications"
        asked = {name: registration[name] for name in ("scheme", "taxId", "country") if name in registration}
        return _document(self._ask(path, asked, trace), path)

    def _determined(self, question: TaxQuestion, trace: Trace) -> Document | None:
        path = f"{MASTER_DATA}/tax-determinations"
        asked = {
            "sellerEntityId": question.seller_entity_id,
            "buyerCountry": question.buyer_country,
            "serviceTaxClass": question.service_tax_class,
        }
        reply = self._ask(path, asked, trace)
        if (
            reply.status == 422
            and isinstance(reply.body, dict)
            and reply.body.get("code") == "tax_rule_missing"
        ):
            return None
        treatment = _document(reply, path).get("taxTreatment")
        if not isinstance(treatment, dict):
            raise UpstreamFailed(f"{path} answered without a tax treatment.")
        return treatment


def _document(reply: GatewayReply, path: str) -> Document:
    if reply.status != 200 or not isinstance(reply.body, dict):
        raise UpstreamFailed(f"{path} answered {reply.status}, which the validation cannot use.")
    return reply.body


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
