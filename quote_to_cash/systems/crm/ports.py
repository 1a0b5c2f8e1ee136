"""What the CRM's use cases need from the outside: a unit of work over quotes, and the quote validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quote_to_cash.errors import Violation
from quote_to_cash.exchange import Trace
from quote_to_cash.idempotency import IdempotencyUnit
from quote_to_cash.systems.crm.model import Quote


@dataclass(frozen=True, slots=True)
class QuoteFilter:
    """Which quotes a list shows; ``in_v1`` leaves out those that version 1 cannot tell."""

    status: str | None = None
    customer_id: str | None = None
    in_v1: bool = False


class QuoteUnit(IdempotencyUnit, Protocol):
    """Quotes within one transaction."""

    def quote(self, quote_id: str) -> Quote | None:
        """The quote in its present version."""

    def quotes(self, chosen: QuoteFilter, after: str | None, count: int) -> Sequence[Quote]:
        """At most ``count`` quotes, newest first, those created before the one with id ``after``."""

    def next_number(self, legal_entity_id: str) -> str:
        """The next human number in the series of the legal entity."""

    def add(self, quote: Quote) -> None:
        """Stores a new quote."""

    def replace(self, quote: Quote, version_before: int) -> None:
        """Stores a changed quote; VersionConflict when the stored version is not ``version_before``."""


class QuoteValidation(Protocol):
    """The judgement of a quote against customer, legal entities, tax and service catalog."""

    def violations(self, quote_id: str, trace: Trace) -> Sequence[Violation]:
        """Every rule the quote breaks; raises an upstream error when it cannot be told."""
