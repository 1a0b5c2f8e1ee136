"""Where the catalog keeps what can be found, compared and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from registry.model.contracts import Contract, SemanticVersion, State
from registry.model.facts import CatalogFacts, FoundContract, What


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """What a search is narrowed to; None means whatever."""

    what: What | None = None
    layer: str | None = None
    domain: str | None = None
    owner: str | None = None
    kind: str | None = None
    state: State | None = None


class Discovery(Protocol):
    """The index of the versions in force: one entry for each major version that is not retired."""

    def put(self, contract: Contract, number: SemanticVersion, facts: CatalogFacts) -> None:
        """Replaces what is known of the major version."""

    def remove(self, contract: str, major: int) -> None: ...
    def entries(self, after: tuple[str, int] | None, count: int) -> list[tuple[str, SemanticVersion]]:
        """What is indexed, by contract and major version."""

    def search(
        self, words: Sequence[str], wanted: SearchFilter, skip: int, count: int
    ) -> list[FoundContract]:
        """Versions in force that have every word, the best first."""
