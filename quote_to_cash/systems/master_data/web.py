"""The operations of the master-data contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date
from typing import Any, Protocol

from quote_to_cash.errors import LegalEntityUnknown, NotFound, TaxRuleMissing, Violation
from quote_to_cash.exchange import Answer, Call, Clock, Handler
from quote_to_cash.paging import page_as_json, page_limit, read_cursor
from quote_to_cash.systems.master_data.model import Record, Sale, TaxRule, deciding_rule
from quote_to_cash.systems.master_data.tax_ids import scheme_of, tax_id_fault

OWNER = "enterprise-architecture"


class MasterDataReader(Protocol):
    """Reads within one snapshot."""

    def legal_entity(self, entity_id: str) -> Record | None:
        """The legal entity with this code."""

    def legal_entities(self, after: str | None, count: int) -> Sequence[Record]:
        """At most ``count``, by code, those after the one with id ``after``."""

    def service_item(self, item_id: str) -> Record | None:
        """The service item with this id."""

    def service_items(self, after: str | None, count: int) -> Sequence[Record]:
        """At most ``count``, by code, those after the one with id ``after``."""

    def tax_rules(self, seller_entity_id: str) -> Sequence[TaxRule]:
        """All rules of a seller."""


class MasterDataStore(Protocol):
    """Where snapshots come from."""

    def reading(self) -> AbstractContextManager[MasterDataReader]:
        """A snapshot."""


def master_data_handlers(store: MasterDataStore, now: Clock) -> Mapping[str, Handler[Any]]:
    """One handler per operationId of master-data v1."""
    operations = MasterDataOperations(store, now)
    return {
        "listLegalEntities": operations.list_legal_entities,
        "getLegalEntity": operations.get_legal_entity,
        "listServiceItems": operations.list_service_items,
        "getServiceItem": operations.get_service_item,
        "determineTax": operations.determine_tax,
        "verifyTaxRegistration": operations.verify_tax_registration,
    }


class MasterDataOperations:
    """The handlers, over a store and a clock."""

    def __init__(self, store: MasterDataStore, now: Clock) -> None:
        self._store = store
        self._now = now

    def list_legal_entities(self, call: Call) -> Answer:
        """A page in the order of codes."""
        after = read_cursor(call.query, ())
        with self._store.reading() as reader:
            return _page(call, reader.legal_entities(after, page_limit(call.query) + 1))

    def get_legal_entity(self, call: Call) -> Answer:
        """One legal entity."""
        entity_id = call.path["legalEntityId"]
        with self._store.reading() as reader:
            return _found(reader.legal_entity(entity_id), f"{entity_id} is not a legal entity.")

    def list_service_items(self, call: Call) -> Answer:
        """A page in the order of codes."""
        after = read_cursor(call.query, ())
        with self._store.reading() as reader:
            return _page(call, reader.service_items(after, page_limit(call.query) + 1))

    def get_service_item(self, call: Call) -> Answer:
        """One service item."""
        item_id = call.path["serviceItemId"]
        with self._store.reading() as reader:
            return _found(reader.service_item(item_id), f"{item_id} is not in the service catalog.")

    def determine_tax(self, call: Call) -> Answer:
        """The tax treatment by the most specific rule."""
        body = call.body
        sale = Sale(
            seller_entity_id=body["sellerEntityId"],
            buyer_country=body["buyerCountry"],
            buyer_tax_status=body.get("buyerTaxStatus", "REGISTERED"),
            service_tax_class=body["serviceTaxClass"],
            supply_date=date.fromisoformat(body["supplyDate"])
            if "supplyDate" in body
            else self._now().date(),
        )
        with self._store.reading() as reader:
            seller = reader.legal_entity(sale.seller_entity_id)
            rules = reader.tax_rules(sale.seller_entity_id)
        if seller is None:
            detail = f"{sale.seller_entity_id} is not a legal entity."
            violation = Violation(LegalEntityUnknown.code, "/sellerEntityId", detail, owner=OWNER)
            raise LegalEntityUnknown(detail, violations=[violation], owner=OWNER)
        rule = deciding_rule(rules, sale)
        if rule is None:
            detail = (
                f"No tax rule covers {sale.service_tax_class} sold by {sale.seller_entity_id} to "
                f"{sale.buyer_country} on {sale.supply_date}."
            )
            violation = Violation(TaxRuleMissing.code, "/serviceTaxClass", detail, owner=OWNER)
            raise TaxRuleMissing(detail, violations=[violation], owner=OWNER)
        return Answer(200, _determination(rule))

    def verify_tax_registration(self, call: Call) -> Answer:
        """Whether the number can exist, and why not."""
        body = call.body
        country = body["country"]
        scheme = body.get("scheme") or scheme_of(country)
        fault = tax_id_fault(scheme, country, body["taxId"])
        verified_at = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        answer = {
            "scheme": scheme,
            "taxId": body["taxId"],
            "country": country,
            "status": "VALID" if fault is None else "INVALID",
            "verifiedAt": verified_at.replace("+00:00", "Z"),
        }
        return Answer(200, answer if fault is None else {**answer, "reason": fault})


def _page(call: Call, records: Sequence[Record]) -> Answer:
    return Answer(
        200, page_as_json(records, call.query, (), lambda item: item.id, lambda item: dict(item.document))
    )


def _found(record: Record | None, otherwise: str) -> Answer:
    if record is None:
        raise NotFound(otherwise)
    return Answer(200, dict(record.document))


def _determination(rule: TaxRule) -> dict[str, Any]:
    treatment = {
        "category": rule.category,
        "ratePercent": rule.rate_percent,
        "jurisdiction": rule.jurisdiction,
    }
    answer: dict[str, Any] = {"taxTreatment": treatment, "ruleId": rule.id}
    return {**answer, "note": rule.note} if rule.note else answer
