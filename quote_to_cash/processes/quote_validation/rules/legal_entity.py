"""May these companies of the firm sell these lines?

``legal_entity_unknown``: the code names no legal entity. ``currency_not_allowed``: the entity does not sell
in the currency. ``service_not_allowed``: it does not sell the service. Enterprise architecture keeps legal
entities (playbook PB-12); what an entity may sell is for sales operations to respect (PB-13).
"""

from __future__ import annotations

from collections.abc import Iterator

from quote_to_cash.errors import Violation
from quote_to_cash.playbooks import LEGAL_ENTITY, SELLING_RIGHTS
from quote_to_cash.processes.quote_validation.model import Document, Facts


class LegalEntityRules:
    """The group ``legalEntity``."""

    name = "legalEntity"

    def violations(self, facts: Facts) -> Iterator[Violation]:
        """See the module."""
        seller = facts.quote["legalEntityId"]
        if facts.legal_entities.get(seller) is None:
            yield self._unknown(seller, "/legalEntityId")
        for index, line in enumerate(facts.quote["lines"]):
            entity = facts.legal_entities.get(line["legalEntityId"])
            if entity is None:
                yield self._unknown(line["legalEntityId"], f"/lines/{index}/legalEntityId")
            else:
                yield from self._refused(line, entity, f"/lines/{index}")

    def _unknown(self, code: str, pointer: str) -> Violation:
        detail = f"{code} is not a legal entity."
        playbook = LEGAL_ENTITY
        return Violation("legal_entity_unknown", pointer, detail, self.name, playbook.owner, playbook.id)

    def _refused(self, line: Document, entity: Document, at: str) -> Iterator[Violation]:
        currency = line["unitPrice"]["currency"]
        currencies = entity.get("allowedCurrencies")
        if currencies is not None and currency not in currencies:
            detail = f"{entity['id']} sells in {', '.join(currencies)}, not in {currency}."
            yield self._no_right("currency_not_allowed", f"{at}/unitPrice/currency", detail)
        services = entity.get("allowedServices")
        if services is not None and line["serviceItemId"] not in services:
            detail = f"{entity['id']} does not sell {line['serviceItemId']}."
            yield self._no_right("service_not_allowed", f"{at}/serviceItemId", detail)

    def _no_right(self, code: str, pointer: str, detail: str) -> Violation:
        return Violation(code, pointer, detail, self.name, SELLING_RIGHTS.owner, SELLING_RIGHTS.id)
