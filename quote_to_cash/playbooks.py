"""The recovery playbooks that problems and violations name: who puts it right, and how.

A violation carries the identifier; operators, dashboards and the portal look the steps up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Playbook:
    """``owner`` is the team that acts; ``steps`` are done in order."""

    id: str
    title: str
    owner: str
    steps: tuple[str, ...]


CUSTOMER: Final = Playbook(
    "PB-10",
    "The customer cannot be sold to",
    "sales-operations",
    (
        "Find the customer in the ERP under the identifier of the quote; create it there when it is new.",
        "When it is on hold or blocked, settle the reason with finance before changing its status.",
        "Approve the quote again.",
    ),
)
TAX_REGISTRATION: Final = Playbook(
    "PB-11",
    "The customer's tax registration is missing or cannot be",
    "sales-operations",
    (
        "Ask the customer for its registration and compare it with the public register (VIES, UID).",
        "Correct it in the ERP customer.",
        "Approve the quote again.",
    ),
)
LEGAL_ENTITY: Final = Playbook(
    "PB-12",
    "The seller is not a legal entity of the firm",
    "enterprise-architecture",
    (
        "Check whether the code is misspelled or the company was never entered in master data.",
        "Enter the company, or have the line sold by one that exists in a new quote.",
    ),
)
SELLING_RIGHTS: Final = Playbook(
    "PB-13",
    "The legal entity does not sell this",
    "sales-operations",
    (
        "Choose a legal entity that sells the service in the currency of the line.",
        "When the firm has decided that this one shall, have enterprise architecture change master data.",
    ),
)
TAX_RULE: Final = Playbook(
    "PB-14",
    "No tax rule covers the sale",
    "enterprise-architecture",
    (
        "Have the tax adviser decide how the service is taxed between the two countries.",
        "Enter the rule in master data and approve the quote again.",
    ),
)
TAX_TREATMENT: Final = Playbook(
    "PB-15",
    "The line is taxed otherwise than the rules say",
    "sales-operations",
    (
        "Read the determination for the sale in master data, with its reason.",
        "Take it over into a new quote, or have the rule corrected when it is wrong.",
    ),
)
SERVICE_CATALOG: Final = Playbook(
    "PB-16",
    "The service is not in the catalog",
    "enterprise-architecture",
    ("Check whether the identifier is misspelled.", "Enter the service in the catalog when it is new."),
)
SERVICE_TERMS: Final = Playbook(
    "PB-17",
    "The service is not sold this way",
    "sales-operations",
    (
        "Read the service item: status, unit and billing models.",
        "Offer it on those terms in a new quote, or choose another service.",
    ),
)
ORDER_EXISTS: Final = Playbook(
    "PB-18",
    "The contract has its order already",
    "erp-team",
    (
        "Read the order named in the problem and compare it with the contract.",
        "When they differ, amend the order; never create a second one.",
    ),
)

PLAYBOOKS: Final[Mapping[str, Playbook]] = {
    playbook.id: playbook
    for playbook in (
        CUSTOMER,
        TAX_REGISTRATION,
        LEGAL_ENTITY,
        SELLING_RIGHTS,
        TAX_RULE,
        TAX_TREATMENT,
        SERVICE_CATALOG,
        SERVICE_TERMS,
        ORDER_EXISTS,
    )
}
