"""Is the customer's tax identity sound, and is each line taxed as the tax rules say?

``tax_id_missing``: an organization without any registration. ``tax_id_invalid``: verification says INVALID.
Sales operations put both right (playbook PB-11). ``tax_rule_missing``: no rule covers the sale, for
enterprise architecture to add (PB-14). ``tax_treatment_mismatch``: the line says otherwise than the rule
(PB-15).
Lines of an unknown legal entity, service or buyer have no tax to judge; their own groups say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from quote_to_cash.errors import Violation
from quote_to_cash.playbooks import TAX_REGISTRATION, TAX_RULE, TAX_TREATMENT, Playbook
from quote_to_cash.processes.quote_validation.model import Document, Facts, buyer_country, tax_question


class TaxRules:
    """The group ``tax``."""

    name = "tax"

    def violations(self, facts: Facts) -> Iterator[Violation]:
        """See the module."""
        if facts.customer is not None:
            yield from self._registration_violations(facts, facts.customer)
        country = buyer_country(facts.customer)
        if country is None:
            if facts.customer is not None:
                detail = f"{facts.customer['id']} has no country, so no tax rule can be found."
                pointer = "/customer/addresses"
                yield self._violation("tax_rule_missing", pointer, detail, TAX_REGISTRATION)
            return
        for index, line in enumerate(facts.quote["lines"]):
            question = tax_question(line, facts.service_items, country)
            if question is None or facts.legal_entities.get(line["legalEntityId"]) is None:
                continue
            yield from self._treatment_violations(
                line, facts.tax_treatments.get(question), f"/lines/{index}", country
            )

    def _registration_violations(self, facts: Facts, customer: Document) -> Iterator[Violation]:
        registrations = customer.get("taxRegistrations", ())
        if not registrations and customer.get("kind", "ORGANIZATION") == "ORGANIZATION":
            detail = f"{customer['id']} has no tax registration."
            yield self._violation("tax_id_missing", "/customer/taxRegistrations", detail, TAX_REGISTRATION)
        verified = zip(registrations, facts.verifications, strict=True)
        for index, (registration, verification) in enumerate(verified):
            if verification["status"] == "INVALID":
                register = f"{verification.get('scheme', 'the register')} in {registration['country']}"
                reason = verification.get("reason", "")
                detail = f"{registration['taxId']} is not a registered number of {register}. {reason}".strip()
                pointer = f"/customer/taxRegistrations/{index}/taxId"
                yield self._violation("tax_id_invalid", pointer, detail, TAX_REGISTRATION)

    def _treatment_violations(
        self, line: Document, determined: Document | None, at: str, country: str
    ) -> Iterator[Violation]:
        if determined is None:
            detail = f"No tax rule covers this service sold by {line['legalEntityId']} to {country}."
            pointer = f"{at}/taxTreatment"
            yield self._violation("tax_rule_missing", pointer, detail, TAX_RULE)
            return
        given = line.get("taxTreatment")
        if given is None or _terms(given) != _terms(determined):
            detail = f"The tax rules say {_words(determined)}, the line {_words(given)}."
            yield self._violation("tax_treatment_mismatch", f"{at}/taxTreatment", detail, TAX_TREATMENT)

    def _violation(self, code: str, pointer: str, detail: str, playbook: Playbook) -> Violation:
        return Violation(code, pointer, detail, self.name, playbook.owner, playbook.id)


def _terms(treatment: Document) -> tuple[Any, Decimal]:
    return treatment["category"], Decimal(treatment["ratePercent"])


def _words(treatment: Document | None) -> str:
    if treatment is None:
        return "nothing"
    return f"category {treatment['category']} at {treatment['ratePercent']} %"
