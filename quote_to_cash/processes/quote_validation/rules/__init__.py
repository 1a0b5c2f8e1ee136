"""The rule groups, one module each; no module knows another."""

from __future__ import annotations

from quote_to_cash.processes.quote_validation.model import RuleGroup
from quote_to_cash.processes.quote_validation.rules.customer import CustomerRules
from quote_to_cash.processes.quote_validation.rules.legal_entity import LegalEntityRules
from quote_to_cash.processes.quote_validation.rules.service_catalog import ServiceCatalogRules
from quote_to_cash.processes.quote_validation.rules.tax import TaxRules


def rule_groups() -> tuple[RuleGroup, ...]:
    """The groups in the order of the contract."""
    return CustomerRules(), LegalEntityRules(), TaxRules(), ServiceCatalogRules()
