"""Where contracts are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from registry.model import (
    CatalogEntry,
    Contract,
    DocumentReference,
    Lifecycle,
    SemanticVersion,
    Version,
)


@dataclass(frozen=True, slots=True)
class CatalogFilter:
    """What the catalog is searched by; None means whatever."""

    layer: str | None = None
    domain: str | None = None
    owner: str | None = None
    text: str | None = None


class Catalog(Protocol):
    """Contracts, their versions, life cycles and the bytes they are made of."""

    def contract(self, name: str) -> Contract | None: ...
    def contract_of_api(self, api_id: str) -> Contract | None: ...
    def search(self, wanted: CatalogFilter, after: str | None, count: int) -> list[CatalogEntry]: ...
    def add_contract(self, contract: Contract) -> None: ...
    def update_contract(self, contract: Contract) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""

    def add_version(self, version: Version, content: Mapping[str, bytes]) -> None:
        """``content`` is the bytes by their sha256; bytes already stored are left as they are."""

    def numbers(self, name: str) -> list[SemanticVersion]:
        """Newest first."""

    def version(self, name: str, number: SemanticVersion) -> Version | None: ...
    def newest(self, name: str) -> Version | None:
        """The version that was published last, whatever its number."""

    def latest(self) -> list[tuple[Contract, Version, Lifecycle]]:
        """The highest version of each contract and major version, retired ones left out."""

    def lifecycle(self, name: str, major: int) -> Lifecycle: ...
    def set_lifecycle(self, name: str, major: int, lifecycle: Lifecycle) -> None: ...
    def restricted(self, audiences: Sequence[str]) -> list[Contract]:
        """Those of any other audience, by name."""

    def holders(self, sha256: str, count: int) -> list[str]:
        """Contracts that have a version with that document, by name."""

    def content(self, sha256: str) -> bytes | None: ...
    def documents(self, version: Version) -> list[tuple[DocumentReference, bytes]]:
        """The entry document first."""
