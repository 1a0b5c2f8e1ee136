"""Money is an object of a decimal string and a currency, never a JSON number.

Binary floating point cannot hold 0.10, and minor units cannot hold a rate of 185.125 per hour. Use
``{amount: "36800.00", currency: "EUR"}``: the schema ``canonical/money``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from specs.lint.level import Level
from specs.lint.schemas import properties_in_use, types_of
from specs.model import Contract
from specs.problem import Problem, Severity

CODE = "lint.money_number"
SEVERITY: Severity = "warning"
LEVEL: Level = "silver"
SOURCE = "Zalando guideline 173; RFC 8259 section 6 on what numbers lose"

MONEY = re.compile(
    r"(?:.*(?:Amount|Price|Total|Subtotal|Cost|Fee|Balance)|amount|price|total|subtotal|net|tax|gross|cost|fee|balance)"
)
COUNT = re.compile(r"(?:.*(?:count|Count)|totalItems|totalPages)")


def check(contract: Contract) -> Iterator[Problem]:
    """Members named like money whose type is number or integer."""
    for member in properties_in_use(contract):
        if not MONEY.fullmatch(member.name) or COUNT.fullmatch(member.name):
            continue
        if {"number", "integer"} & types_of(member.schema.value):
            yield member.written.problem(
                CODE,
                f"{member.name} is money, and money is no JSON number.",
                "Refer to canonical/money.v1.schema.yaml, or make it a decimal string beside its currency.",
                SEVERITY,
            )
