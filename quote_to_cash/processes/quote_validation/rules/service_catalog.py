"""Does the firm sell these services this way?

``service_item_unknown``: not in the catalog. ``service_item_not_active``: a draft or retired.
``billing_model_not_allowed``: not billed by this model. ``unit_not_allowed``: counted in another unit.
Enterprise architecture keeps the catalog (playbook PB-16); the rest is for sales operations (PB-17).
"""

from __future__ import annotations

from collections.abc import Iterator

from quote_to_cash.errors import Violation
from quote_to_cash.playbooks import SERVICE_CATALOG, SERVICE_TERMS, Playbook
from quote_to_cash.processes.quote_validation.model import Document, Facts


class ServiceCatalogRules:
    """The group ``serviceCatalog``."""

    name = "serviceCatalog"

    def violations(self, facts: Facts) -> Iterator[Violation]:
        """See the module."""
        for index, line in enumerate(facts.quote["lines"]):
            item_id = line["serviceItemId"]
            item = facts.service_items.get(item_id)
            if item is None:
                detail = f"{item_id} is not in the service catalog."
                pointer = f"/lines/{index}/serviceItemId"
                yield self._violation("service_item_unknown", pointer, detail, SERVICE_CATALOG)
            else:
                yield from self._item_violations(line, item, f"/lines/{index}")

    def _item_violations(self, line: Document, item: Document, at: str) -> Iterator[Violation]:
        name = item["id"]
        if item["status"] != "ACTIVE":
            detail = f"{name} is {item['status']}; only ACTIVE services can be sold."
            yield self._violation("service_item_not_active", f"{at}/serviceItemId", detail)
        model = line["billingTerms"]["billingModel"]
        if model not in item["billingModels"]:
            detail = f"{name} is billed by {', '.join(item['billingModels'])}, not by {model}."
            yield self._violation("billing_model_not_allowed", f"{at}/billingTerms/billingModel", detail)
        unit = line["quantity"]["unitCode"]
        if unit != item["unitCode"]:
            detail = f"{name} is counted in {item['unitCode']}, not in {unit}."
            yield self._violation("unit_not_allowed", f"{at}/quantity/unitCode", detail)

    def _violation(
        self, code: str, pointer: str, detail: str, playbook: Playbook = SERVICE_TERMS
    ) -> Violation:
        return Violation(code, pointer, detail, self.name, playbook.owner, playbook.id)
