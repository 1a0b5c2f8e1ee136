"""The master data packed with the product, read from its YAML files."""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import Any

import yaml

from quote_to_cash.errors import ConfigurationInvalid
from quote_to_cash.systems.master_data.model import MasterData, Record, TaxRule


def packed_master_data() -> MasterData:
    """All of it; ConfigurationInvalid when a file is not what it should be."""
    try:
        return MasterData(
            legal_entities=tuple(Record(item["id"], item["id"], item) for item in _read("legal_entities")),
            service_items=tuple(Record(item["id"], item["code"], item) for item in _read("service_items")),
            tax_rules=tuple(_rule(item) for item in _read("tax_rules")),
        )
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationInvalid(f"The packed master data cannot be read: {error!r}.") from error


def _read(name: str) -> list[dict[str, Any]]:
    folder = resources.files("quote_to_cash.systems.master_data") / "data"
    items = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    if not isinstance(items, list):
        raise ConfigurationInvalid(f"{name}.yaml must hold a list.")
    return items


def _rule(item: dict[str, Any]) -> TaxRule:
    valid_to = item.get("validTo")
    return TaxRule(
        id=item["id"],
        seller_entity_id=item["sellerEntityId"],
        buyer_country=item["buyerCountry"],
        buyer_tax_status=item.get("buyerTaxStatus"),
        service_tax_class=item["serviceTaxClass"],
        category=item["category"],
        rate_percent=item["ratePercent"],
        jurisdiction=item["jurisdiction"],
        valid_from=date.fromisoformat(item["validFrom"]),
        valid_to=None if valid_to is None else date.fromisoformat(valid_to),
        note=item.get("note", ""),
    )
