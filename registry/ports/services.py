"""The clock, the reader of contracts and the judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from registry.model import (
    CatalogFacts,
    Contract,
    Operation,
    Submission,
    UsageEvidence,
)
from registry.model.artifacts import GoverningRules
from registry.reference import Reference

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""
Governing = Callable[[str, str], GoverningRules]
"""The rulesets and exceptions for a contract by its name and domain."""


def no_rules(_contract: str, _domain: str) -> GoverningRules:
    """The house rules alone."""
    return GoverningRules()


@dataclass(frozen=True, slots=True)
class ReadContract:
    """A contract that passed every rule; ``model`` is what the judge takes.

    ``schema_id`` is the absolute ``$id`` of a canonical schema, None for any other contract.
    """

    identity: Contract
    version: str
    sha256: str
    canonical_sha256: str
    bundle_sha256: str
    operations: tuple[Operation, ...]
    warnings: tuple[Mapping[str, Any], ...]
    sunset: str | None
    model: Any
    schema_id: str | None = None


class ContractReader(Protocol):
    """Reads documents into a contract; raises `registry.errors.Invalid` with every problem found."""

    def read(self, submission: Submission, governing: Governing = no_rules) -> ReadContract:
        """With validity, governance and lint: what publication demands; ``governing`` adds to the rules."""

    def parse(self, submission: Submission) -> Any:
        """The model only, for a comparison."""

    def replaced(self, submission: Submission, schema_id: str, new: Submission) -> Submission | None:
        """The documents with another content of the schema of that ``$id``; None where none of them is it."""

    def facts(self, model: Any) -> CatalogFacts:
        """What the catalog indexes of a model that was read before."""

    def reference(self, submission: Submission) -> Reference:
        """What a page shows of the documents."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the report it comes from, as JSON.

    ``kept`` is the same without traffic, to be joined with the traffic of another day; None: not to be kept.
    """

    verdict: str
    bump_required: str
    bump_sufficient: bool
    report: Mapping[str, Any]
    kept: bytes | None = None


class Judge(Protocol):
    """Judges a change of contracts; pure."""

    def __call__(self, before: Any, after: Any, usage: Sequence[UsageEvidence]) -> Judgement: ...
