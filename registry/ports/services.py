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
from registry.reference import Reference
from specs.lint.scorecard import Scorecard

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""


@dataclass(frozen=True, slots=True)
class ReadContract:
    """A contract that passed every rule; ``model`` is what the judge takes."""

    identity: Contract
    version: str
    sha256: str
    canonical_sha256: str
    bundle_sha256: str
    operations: tuple[Operation, ...]
    warnings: tuple[Mapping[str, Any], ...]
    sunset: str | None
    model: Any


class ContractReader(Protocol):
    """Reads documents into a contract; raises `registry.errors.Invalid` with every problem found."""

    def read(self, submission: Submission) -> ReadContract:
        """With validity, governance and lint: what publication demands."""

    def parse(self, submission: Submission) -> Any:
        """The model only, for a comparison."""

    def facts(self, model: Any) -> CatalogFacts:
        """What the catalog indexes of a model that was read before."""

    def reference(self, submission: Submission) -> Reference:
        """What a page shows of the documents."""

    def scorecard(self, contract: str, version: str, submission: Submission) -> Scorecard:
        """Which level the documents reach, and what is missing for the next."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with the report it comes from, as JSON."""

    verdict: str
    bump_required: str
    bump_sufficient: bool
    report: Mapping[str, Any]


class Judge(Protocol):
    """Judges a change of contracts; pure."""

    def __call__(self, before: Any, after: Any, usage: Sequence[UsageEvidence]) -> Judgement: ...
