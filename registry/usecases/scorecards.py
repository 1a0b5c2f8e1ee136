"""Scorecards of published versions: which level each has reached, and what is missing for the next.

A card follows from the content and the exceptions in force, so that what was judged once is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from registry.errors import Overloaded
from registry.model import Contract, Version
from registry.model.artifacts import RuleException
from registry.ports import CatalogFilter
from registry.usecases.catalog import list_contracts
from registry.usecases.documents import stored
from registry.usecases.governance import rules_of
from registry.usecases.services import Page, Services, known_contract, known_version
from specs.lint.scorecard import Scorecard

KEPT_MAX = 5_000
"""Cards in memory, the last asked for; one takes some kilobytes at most."""


@dataclass(frozen=True, slots=True)
class Carded:
    """A contract with the card of its highest version; None while too much else is being judged."""

    contract: Contract
    version: str
    card: Scorecard | None


class Scorecards:
    """Judges in turn with other costly work, and keeps the last cards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, tuple[RuleException, ...]], Scorecard] = OrderedDict()

    def of(self, services: Services, contract: str, wanted: str) -> Scorecard:
        """The card of a version by number or ``latest``; `NotFound`, `Overloaded`."""
        with services.store.reading() as transaction:
            version = known_version(transaction, contract, wanted)
        return self.of_version(services, version)

    def of_version(self, services: Services, version: Version) -> Scorecard:
        """The card of a version that was read before."""
        with services.store.reading() as transaction:
            contract = known_contract(transaction, version.contract)
            rules = rules_of(services, transaction, contract.name, contract.domain)
        key = (version.bundle_sha256, rules.exceptions)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        with services.store.reading() as transaction:
            documents = stored(transaction, version)
        with services.turns.take():
            model = services.reader.parse(documents)
            card = services.artifact_reader.scorecard(version.contract, str(version.number), model, rules)
        with self._lock:
            self._kept[key] = card
            while len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        return card

    def list(self, services: Services, wanted: CatalogFilter, after: str | None, count: int) -> Page[Carded]:
        """Contracts by name, each with the card of its highest version."""
        found = list_contracts(services, wanted, after, count)
        items = []
        for entry in found.items:
            number = str(entry.versions[0][0])
            card: Scorecard | None
            try:
                card = self.of(services, entry.contract.name, number)
            except Overloaded:
                card = None
            items.append(Carded(entry.contract, number, card))
        return Page(tuple(items), found.following)
