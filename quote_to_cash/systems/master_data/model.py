"""Master data as values: the records, and which tax rule decides a sale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quote_to_cash.systems.master_data.tax_ids import is_eu_country

ANY_COUNTRY = "*"
EU_COUNTRIES = "EU"


@dataclass(frozen=True, slots=True)
class Record:
    """A legal entity or service item: its id, the key lists are ordered by, and its canonical document."""

    id: str
    sort_key: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaxRule:
    """How services of a class are taxed between a seller and buyers of a country, from a day on.

    ``buyer_country`` is an ISO 3166-1 code, ``EU`` or ``*``; ``buyer_tax_status`` None means whichever.
    """

    id: str
    seller_entity_id: str
    buyer_country: str
    buyer_tax_status: str | None
    service_tax_class: str
    category: str
    rate_percent: str
    jurisdiction: str
    valid_from: date
    valid_to: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Sale:
    """The facts a tax rule is chosen by."""

    seller_entity_id: str
    buyer_country: str
    buyer_tax_status: str
    service_tax_class: str
    supply_date: date


@dataclass(frozen=True, slots=True)
class MasterData:
    """Everything the service is seeded with."""

    legal_entities: tuple[Record, ...]
    service_items: tuple[Record, ...]
    tax_rules: tuple[TaxRule, ...]


def deciding_rule(rules: Iterable[TaxRule], sale: Sale) -> TaxRule | None:
    """The most specific rule: the country before EU before any, a tax status before none, the newest."""
    covering = [rule for rule in rules if _covers(rule, sale)]
    return max(covering, key=_specificity, default=None)


def _covers(rule: TaxRule, sale: Sale) -> bool:
    country = rule.buyer_country
    return (
        rule.seller_entity_id == sale.seller_entity_id
        and rule.service_tax_class == sale.service_tax_class
        and rule.buyer_tax_status in {None, sale.buyer_tax_status}
        and rule.valid_from <= sale.supply_date
        and (rule.valid_to is None or sale.supply_date <= rule.valid_to)
        and (
            country in {ANY_COUNTRY, sale.buyer_country}
            or (country == EU_COUNTRIES and is_eu_country(sale.buyer_country))
        )
    )


def _specificity(rule: TaxRule) -> tuple[int, bool, date]:
    rank = {ANY_COUNTRY: 0, EU_COUNTRIES: 1}.get(rule.buyer_country, 2)
    return rank, rule.buyer_tax_status is not None, rule.valid_from
