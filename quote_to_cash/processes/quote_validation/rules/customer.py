"""Can the customer be sold to?

``customer_unknown``: the ERP has no such customer. ``customer_not_active``: its status is not ACTIVE.
Playbook PB-10.
"""

from __future__ import annotations

from collections.abc import Iterator

from quote_to_cash.errors import Violation
from quote_to_cash.playbooks import CUSTOMER
from quote_to_cash.processes.quote_validation.model import Facts


class CustomerRules:
    """The group ``customer``."""

    name = "customer"

    def violations(self, facts: Facts) -> Iterator[Violation]:
        """See the module."""
        customer_id = facts.quote["customerId"]
        if facts.customer is None:
            detail = f"The ERP has no customer {customer_id}."
            yield self._violation("customer_unknown", "/customerId", detail)
            return
        status = facts.customer.get("status", "ACTIVE")
        if status != "ACTIVE":
            detail = f"{customer_id} is {status}; only ACTIVE customers can be sold to."
            yield self._violation("customer_not_active", "/customer/status", detail)

    def _violation(self, code: str, pointer: str, detail: str) -> Violation:
        return Violation(code, pointer, detail, self.name, CUSTOMER.owner, CUSTOMER.id)
