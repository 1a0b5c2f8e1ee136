"""Which parts of a message are held to the contract, and how: off, detect or prevent.

`prevent` refuses what is off contract, `detect` passes it on and counts what would have been refused, `off`
does not look. Everything is prevented unless an operator says otherwise, for a contract or for one operation:
an upstream that is not yet faithful can be observed before it is held to its promise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.model import Violation

Mode = Literal["off", "detect", "prevent"]


@dataclass(frozen=True, slots=True)
class Facets:
    """The mode of each facet. `path` and `method` speak of operations that the contract does not declare.

    `response_sampling` is the share of answers whose body is looked at, 0 to 1.
    """

    path: Mode = "prevent"
    method: Mode = "prevent"
    parameters: Mode = "prevent"
    unknown_parameters: Mode = "prevent"
    request_body: Mode = "prevent"
    status_code: Mode = "prevent"
    response_headers: Mode = "prevent"
    response_body: Mode = "prevent"
    response_sampling: float = 1.0

    def of_request(self, violation: Violation) -> Mode:
        """The mode that decides on a violation of a request."""
        if violation.where == "body" or violation.pointer == "/content-type":
            return self.request_body
        return self.unknown_parameters if violation.code == "undeclared" else self.parameters

    def of_response(self, violation: Violation) -> Mode:
        """The mode that decides on a violation of an answer."""
        if violation.where == "status":
            return self.status_code
        if violation.where == "header" and violation.pointer not in ("/content-type", "/content-encoding"):
            return self.response_headers
        return self.response_body

    @property
    def prevents_all(self) -> bool:
        """True where nothing is only detected, left out or sampled."""
        return self == PREVENT_ALL


PREVENT_ALL = Facets()
OFF_ALL = Facets("off", "off", "off", "off", "off", "off", "off", "off", 0.0)


@dataclass(frozen=True, slots=True)
class ContractFacets:
    """Facets of one contract, and of operations of it ("GET /orders") that have others."""

    facets: Facets = PREVENT_ALL
    operations: Mapping[str, Facets] = field(default_factory=dict)

    def of(self, operation: str) -> Facets:
        """The facets of one operation."""
        return self.operations.get(operation, self.facets)


@dataclass(frozen=True, slots=True)
class Validation:
    """Facets by contract key (`name.v<major>`), and those of all others."""

    facets: Facets = PREVENT_ALL
    contracts: Mapping[str, ContractFacets] = field(default_factory=dict)

    def of(self, key: str) -> ContractFacets:
        """The facets of one contract."""
        return self.contracts.get(key) or ContractFacets(self.facets)


PREVENT = Validation()


def weighed(
    violations: Iterable[Violation], modes: Iterable[Mode]
) -> tuple[list[Violation], list[Violation]]:
    """What is refused, and what is only counted, of violations with their modes."""
    prevented: list[Violation] = []
    detected: list[Violation] = []
    for violation, mode in zip(violations, modes, strict=True):
        if mode == "prevent":
            prevented.append(violation)
        elif mode == "detect":
            detected.append(violation)
    return prevented, detected
