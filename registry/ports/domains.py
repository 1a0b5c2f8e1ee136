"""Where domains are kept."""

from __future__ import annotations

from typing import Protocol

from registry.model.domains import Domain, DomainEntry


class Domains(Protocol):
    """Domains that are described or that a contract names."""

    def entry(self, name: str) -> DomainEntry | None: ...
    def entries(self, after: str | None, count: int) -> list[DomainEntry]: ...
    def put(self, domain: Domain) -> bool:
        """Writes it and raises its epoch if the stored epoch is still the one given; False otherwise."""
