"""Each rule of the quote validation, broken alone: exactly its violation comes out, where it belongs."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from quote_to_cash.examples import example
from quote_to_cash.playbooks import PLAYBOOKS
from quote_to_cash.processes.quote_validation.model import Facts, TaxQuestion, buyer_country, judge
from quote_to_cash.processes.quote_validation.rules import rule_groups
from quote_to_cash.systems.master_data.seed import packed_master_data
from specs.schema import self_contained

STANDARD = {"category": "S", "ratePercent": "19.00", "jurisdiction": "DE"}
OUTSIDE = {"category": "O", "ratePercent": "0", "jurisdiction": "US"}


def sound_facts() -> Facts:
    """Everything about the mixed quote of Contoso, with nothing wrong."""
    data = packed_master_data()
    customer = {"id": "cus_contoso", **copy.deepcopy(example("contoso_customer"))}
    return Facts(
        quote={"id": "quo_1", "version": 2, **copy.deepcopy(example("contoso_quote_mixed"))},
        customer=customer,
        legal_entities={e.id: copy.deepcopy(dict(e.document)) for e in data.legal_entities},
        service_items={i.id: copy.deepcopy(dict(i.document)) for i in data.service_items},
        verifications=({"scheme": "EU_VAT", "status": "VALID"},),
        tax_treatments={
            TaxQuestion("NW-DE", "DE", "consulting"): STANDARD,
            TaxQuestion("NW-US", "DE", "consulting"): OUTSIDE,
        },
    )


def found(facts: Facts) -> list[tuple[str, str, str]]:
    return [(v.check, v.code, v.pointer) for check in judge(facts, rule_groups()) for v in check.violations]


def test_a_sound_quote_breaks_no_rule() -> None:
    checks = judge(sound_facts(), rule_groups())
    assert [(check.name, check.passed) for check in checks] == [
        ("customer", True),
        ("legalEntity", True),
        ("tax", True),
        ("serviceCatalog", True),
    ]


def without_customer(facts: Facts) -> Facts:
    return replace(facts, customer=None, verifications=(), tax_treatments={})


def with_customer(facts: Facts, **members: Any) -> Facts:
    return replace(facts, customer={**facts.customer, **members})


def with_line(facts: Facts, index: int, **members: Any) -> Facts:
    lines = list(facts.quote["lines"])
    lines[index] = {**lines[index], **members}
    return replace(facts, quote={**facts.quote, "lines": lines})


def with_item(facts: Facts, name: str, value: Any) -> Facts:
    item = None if value is None else {**facts.service_items[name], **value}
    return replace(facts, service_items={**facts.service_items, name: item})


def with_entity(facts: Facts, name: str, value: Any) -> Facts:
    entity = None if value is None else {**facts.legal_entities[name], **value}
    return replace(facts, legal_entities={**facts.legal_entities, name: entity})


BROKEN = {
    "customer_unknown": (without_customer, [("customer", "/customerId")]),
    "customer_not_active": (
        lambda f: with_customer(f, status="CREDIT_BLOCKED"),
        [("customer", "/customer/status")],
    ),
    "legal_entity_unknown": (
        lambda f: with_line(f, 4, legalEntityId="NW-FR"),
        [("legalEntity", "/lines/4/legalEntityId")],
    ),
    "currency_not_allowed": (
        lambda f: with_entity(f, "NW-US", {"allowedCurrencies": ["CAD"]}),
        [("legalEntity", "/lines/2/unitPrice/currency"), ("legalEntity", "/lines/3/unitPrice/currency")],
    ),
    "service_not_allowed": (
        lambda f: with_entity(f, "NW-US", {"allowedServices": ["svc_support"]}),
        [("legalEntity", "/lines/3/serviceItemId")],
    ),
    "tax_id_missing": (
        lambda f: replace(with_customer(f, taxRegistrations=[]), verifications=()),
        [("tax", "/customer/taxRegistrations")],
    ),
    "tax_id_invalid": (
        lambda f: replace(f, verifications=({"scheme": "EU_VAT", "status": "INVALID", "reason": "Zeros."},)),
        [("tax", "/customer/taxRegistrations/0/taxId")],
    ),
    "tax_rule_missing": (
        lambda f: replace(
            f, tax_treatments={**f.tax_treatments, TaxQuestion("NW-US", "DE", "consulting"): None}
        ),
        [("tax", "/lines/2/taxTreatment"), ("tax", "/lines/3/taxTreatment")],
    ),
    "tax_treatment_mismatch": (
        lambda f: with_line(f, 0, taxTreatment={"category": "S", "ratePercent": "7"}),
        [("tax", "/lines/0/taxTreatment")],
    ),
    "service_item_unknown": (
        lambda f: with_item(f, "svc_discovery", None),
        [("serviceCatalog", "/lines/0/serviceItemId")],
    ),
    "service_item_not_active": (
        lambda f: with_item(f, "svc_discovery", {"status": "RETIRED"}),
        [("serviceCatalog", "/lines/0/serviceItemId")],
    ),
    "billing_model_not_allowed": (
        lambda f: with_item(f, "svc_discovery", {"billingModels": ["RETAINER"]}),
        [("serviceCatalog", "/lines/0/billingTerms/billingModel")],
    ),
    "unit_not_allowed": (
        lambda f: with_line(f, 2, quantity={"value": "15", "unitCode": "DAY"}),
        [("serviceCatalog", "/lines/2/quantity/unitCode")],
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_rule_broken_alone_gives_its_violation_alone(code: str) -> None:
    breaking, expected = BROKEN[code]
    assert found(breaking(sound_facts())) == [(check, code, pointer) for check, pointer in expected]


def test_every_rule_of_the_contract_is_broken_here_once(contracts: Any) -> None:
    schema = (
        contracts["process/quote-validation.v1"].node("/components/schemas/Violation/properties/code").value
    )
    assert set(BROKEN) == set(schema["x-extensible-enum"])


def test_groups_fail_independently_and_all_at_once() -> None:
    facts = sound_facts()
    for breaking in ("customer_not_active", "legal_entity_unknown", "tax_id_invalid", "unit_not_allowed"):
        facts = BROKEN[breaking][0](facts)
    checks = judge(facts, rule_groups())
    assert [check.passed for check in checks] == [False] * 4


def test_every_violation_keeps_to_the_contract_and_names_owner_and_playbook(contracts: Any) -> None:
    node = contracts["process/quote-validation.v1"].node("/components/schemas/Violation")
    validator = Draft202012Validator(self_contained(node))
    for breaking, _ in BROKEN.values():
        for check in judge(breaking(sound_facts()), rule_groups()):
            for violation in check.violations:
                validator.validate(violation.as_json())
                assert violation.owner == PLAYBOOKS[violation.playbook].owner


def test_a_rate_is_compared_as_a_number() -> None:
    treatment = {"category": "S", "ratePercent": "19", "jurisdiction": "DE"}
    assert found(with_line(sound_facts(), 0, taxTreatment=treatment)) == []


def test_a_buyer_without_a_country_is_never_taken_as_taxed_rightly() -> None:
    facts = with_customer(sound_facts(), kind="PERSON", taxRegistrations=[], addresses=[])
    nowhere = replace(facts, verifications=(), tax_treatments={})
    assert found(nowhere) == [("tax", "tax_rule_missing", "/customer/addresses")]


@pytest.mark.parametrize(
    ("customer", "country"),
    [
        (None, None),
        ({}, None),
        ({"addresses": [{"country": "FR"}, {"use": "LEGAL", "country": "DE"}]}, "DE"),
        ({"taxRegistrations": [{"country": "AT"}], "addresses": [{"country": "FR"}]}, "AT"),
        ({"addresses": [{"use": "BILLING", "country": "FR"}]}, "FR"),
    ],
)
def test_the_buyers_country_is_that_of_its_legal_seat(customer: Any, country: str | None) -> None:
    assert buyer_country(customer) == country
