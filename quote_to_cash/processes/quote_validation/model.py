"""The facts a quote is judged by, and the judgement; values in, values out.

Facts are documents in the form of the contracts they were read under. A missing one is None: that it is
missing is what a rule may find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from quote_to_cash.errors import Violation

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """What master data is asked for a line's tax."""

    seller_entity_id: str
    buyer_country: str
    service_tax_class: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All there is to know: the quote, its customer, and the master data its lines name.

    ``tax_treatments`` holds None where no tax rule covers the sale; ``verifications`` answers for each tax
    registration of the customer, in order.
    """

    quote: Document
    customer: Document | None
    legal_entities: Mapping[str, Document | None]
    service_items: Mapping[str, Document | None]
    verifications: Sequence[Document]
    tax_treatments: Mapping[TaxQuestion, Document | None]


@dataclass(frozen=True, slots=True)
class Check:
    """One group of rules and what it found."""

    name: str
    violations: tuple[Violation, ...]

    @property
    def passed(self) -> bool:
        """Whether no rule of the group is violated."""
        return not self.violations


class RuleGroup(Protocol):
    """One group of rules; its module says which and whom it asks to put things right."""

    name: str

    def violations(self, facts: Facts) -> Iterable[Violation]:
        """Every violation of the group's rules, with pointers into the quote (or /customer)."""


def judge(facts: Facts, groups: Sequence[RuleGroup]) -> tuple[Check, ...]:
    """Every group's check, in order; one failing never hides another."""
    return tuple(Check(group.name, tuple(group.violations(facts))) for group in groups)


def buyer_country(customer: Document | None) -> str | None:
    """Where the customer is seated: its legal address, else its first registration or address."""
    if customer is None:
        return None
    addresses = customer.get("addresses", ())
    legal = [address for address in addresses if address.get("use") == "LEGAL"]
    candidates = [*legal, *customer.get("taxRegistrations", ()), *addresses]
    return candidates[0]["country"] if candidates else None


def tax_questions(
    quote: Document, facts_items: Mapping[str, Document | None], country: str | None
) -> list[TaxQuestion]:
    """One question per different sale in the lines; none for lines whose service or buyer is unknown."""
    if country is None:
        return []
    questions = [
        question
        for line in quote["lines"]
        if (question := tax_question(line, facts_items, country)) is not None
    ]
    return list(dict.fromkeys(questions))


def tax_question(
    line: Document, service_items: Mapping[str, Document | None], country: str
) -> TaxQuestion | None:
    """What must be asked for a line; None when its service item is unknown."""
    item = service_items.get(line["serviceItemId"])
    if item is None:
        return None
    return TaxQuestion(line["legalEntityId"], country, item["taxClass"])
