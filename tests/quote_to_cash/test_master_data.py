"""Master data: the packed records keep to their canonical schemas, numbers are checked, rules decide."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from quote_to_cash.systems.master_data.model import Sale, deciding_rule
from quote_to_cash.systems.master_data.seed import packed_master_data
from quote_to_cash.systems.master_data.tax_ids import scheme_of, tax_id_fault
from specs.files import documents_root, read_contract
from specs.schema import self_contained

BASE = "/system/master-data/v1"


@pytest.mark.parametrize("name", ["legal-entity", "service-item"])
def test_packed_records_keep_to_their_canonical_schema(name: str) -> None:
    root = documents_root()
    schema = read_contract(root / f"canonical/{name}.v1.schema.yaml", roots=(root,))
    validator = Draft202012Validator(
        self_contained(schema.root), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    data = packed_master_data()
    records = data.legal_entities if name == "legal-entity" else data.service_items
    assert records
    for record in records:
        validator.validate(record.document)


def test_the_firms_own_tax_numbers_can_exist() -> None:
    for entity in packed_master_data().legal_entities:
        for registration in entity.document["taxRegistrations"]:
            fault = tax_id_fault(registration["scheme"], registration["country"], registration["taxId"])
            assert fault is None, (entity.id, fault)


# Numbers published by their holders (imprints, registers), and the same with one digit changed.
@pytest.mark.parametrize(
    ("scheme", "country", "good", "bad"),
    [
        ("EU_VAT", "DE", "DE136695976", "DE136695977"),
        ("EU_VAT", "AT", "ATU13585627", "ATU13585628"),
        ("EU_VAT", "BE", "BE0428759497", "BE0428759498"),
        ("EU_VAT", "FR", "FR 40 303 265 045", "FR41303265045"),
        ("EU_VAT", "IT", "IT00743110157", "IT00743110158"),
        ("EU_VAT", "PL", "PL8567346215", "PL8567346216"),
        ("EU_VAT", "DK", "DK13585628", "DK13585629"),
        ("EU_VAT", "LU", "LU15027442", "LU15027443"),
        ("EU_VAT", "GR", "EL094259216", "GR094259216"),
        ("GB_VAT", "GB", "GB980780684", "GB980780685"),
        ("CH_UID", "CH", "CHE-100.155.212 MWST", "CHE-100.155.213 MWST"),
        ("IN_GSTIN", "IN", "27AAPFU0939F1ZV", "27AAPFU0939F1ZW"),
        ("US_EIN", "US", "91-1144442", "07-1144442"),
    ],
)
def test_a_tax_number_is_told_from_one_that_cannot_be(scheme: str, country: str, good: str, bad: str) -> None:
    assert tax_id_fault(scheme, country, good) is None
    assert tax_id_fault(scheme, country, bad)


@pytest.mark.parametrize(
    ("scheme", "country", "number"),
    [
        ("EU_VAT", "DE", "DE000000000"),
        ("EU_VAT", "DE", "DE12345678"),
        ("EU_VAT", "US", "US123456789"),
        ("GB_VAT", "DE", "GB980780684"),
        ("OTHER", "BR", " "),
    ],
)
def test_numbers_of_another_country_or_structure_are_refused(scheme: str, country: str, number: str) -> None:
    assert tax_id_fault(scheme, country, number)


def test_the_usual_register_of_a_country_is_known() -> None:
    assert [scheme_of(c) for c in ("DE", "GR", "GB", "US", "CH", "IN", "BR")] == [
        "EU_VAT",
        "EU_VAT",
        "GB_VAT",
        "US_EIN",
        "CH_UID",
        "IN_GSTIN",
        "OTHER",
    ]


@pytest.mark.parametrize(
    ("seller", "country", "status", "day", "rule"),
    [
        ("NW-DE", "DE", "REGISTERED", "2026-11-23", "DE-DE-consulting"),
        ("NW-DE", "FR", "REGISTERED", "2026-11-23", "DE-EU-registered"),
        ("NW-DE", "FR", "NOT_REGISTERED", "2026-11-23", "DE-EU-consumer"),
        ("NW-DE", "US", "REGISTERED", "2026-11-23", "DE-world"),
        ("NW-US", "DE", "REGISTERED", "2026-11-23", "US-world-consulting"),
        ("NW-DE", "DE", "REGISTERED", "2020-12-31", None),
        ("NW-FR", "DE", "REGISTERED", "2026-11-23", None),
    ],
)
def test_the_most_specific_tax_rule_decides(
    seller: str, country: str, status: str, day: str, rule: str | None
) -> None:
    sale = Sale(seller, country, status, "consulting", date.fromisoformat(day))
    decided = deciding_rule(packed_master_data().tax_rules, sale)
    assert (decided and decided.id) == rule


def test_records_are_listed_a_page_at_a_time_in_the_order_of_codes(world: Any) -> None:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(20):
        suffix = f"&cursor={cursor}" if cursor else ""
        page = world.call("GET", f"{BASE}/service-items?limit=2{suffix}").json()
        seen += [item["code"] for item in page["items"]]
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    assert seen == sorted(item.document["code"] for item in packed_master_data().service_items)


def test_a_sale_that_no_rule_covers_and_an_unknown_seller_are_told_apart(world: Any) -> None:
    asked = {"sellerEntityId": "NW-US", "buyerCountry": "DE", "serviceTaxClass": "goods"}
    answer = world.call("POST", f"{BASE}/tax-determinations", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "tax_rule_missing")
    asked["sellerEntityId"] = "NW-FR"
    answer = world.call("POST", f"{BASE}/tax-determinations", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "legal_entity_unknown")


def test_an_invalid_registration_is_a_result_with_its_reason(world: Any) -> None:
    asked = {"scheme": "EU_VAT", "taxId": "DE000000000", "country": "DE"}
    answer = world.call("POST", f"{BASE}/tax-registrations/verifications", asked)
    assert answer.status_code == 200
    assert answer.json()["status"] == "INVALID"
    assert answer.json()["reason"]
