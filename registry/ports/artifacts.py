"""Where artifacts, bindings and exceptions are kept, and what reads artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from registry.model.artifacts import (
    Artifact,
    ArtifactKind,
    ArtifactVersion,
    BindingScope,
    FieldJudgement,
    FieldShape,
    GoverningRules,
    RuleException,
    RulesetBinding,
)
from specs.lint.scorecard import Scorecard
from specs.mapping import FieldMapping
from specs.problem import Problem


class Artifacts(Protocol):
    """Mappings, rulesets, documents of vendors; bindings and exceptions."""

    def artifact(self, kind: ArtifactKind, name: str) -> Artifact | None: ...
    def artifacts(self, kind: ArtifactKind, after: str | None, count: int) -> list[Artifact]: ...
    def add(self, artifact: Artifact) -> None: ...
    def add_version(self, version: ArtifactVersion, content: bytes) -> None: ...
    def version(self, kind: ArtifactKind, name: str, version: str) -> ArtifactVersion | None: ...
    def versions(self, kind: ArtifactKind, name: str, count: int) -> list[ArtifactVersion]:
        """The newest first."""

    def in_use(self, kind: ArtifactKind, count: int) -> list[tuple[Artifact, ArtifactVersion]]:
        """The newest version of each that is not withdrawn, by name."""

    def withdraw(self, version: ArtifactVersion, at: datetime) -> None: ...
    def bindings(self, after: tuple[str, str] | None, count: int) -> list[RulesetBinding]: ...
    def binding(self, scope: BindingScope, subject: str) -> RulesetBinding | None: ...
    def bind(self, binding: RulesetBinding) -> None:
        """In place of the one that stands."""

    def is_bound(self, ruleset: str, version: str) -> bool: ...
    def unbind(self, scope: BindingScope, subject: str) -> bool: ...
    def add_exception(self, exception: RuleException) -> None: ...
    def exceptions(self, contract: str | None, after: str | None, count: int) -> list[RuleException]:
        """Those that were not ended, expired ones included, by identifier."""

    def standing_exceptions(self, contract: str, today: date, count: int) -> list[RuleException]:
        """Those of a contract in force on that day."""

    def end_exception(self, exception_id: str, at: datetime) -> bool: ...


class ArtifactReader(Protocol):
    """Reads artifacts; raises `registry.errors.Invalid` with every problem found."""

    def mapping(self, uri: str, raw: bytes) -> FieldMapping: ...
    def ruleset(self, uri: str, raw: bytes) -> Mapping[str, Any]:
        """What is shown of it."""

    def vendor_document(self, model: Any) -> Mapping[str, Any]:
        """What is shown of a model that was read before."""

    def fields(self, model: Any, document: str, pointers: Sequence[str]) -> list[FieldShape | None]:
        """What stands at each pointer; None where no schema does."""

    def judge_field(self, before: FieldShape, after: FieldShape, direction: str) -> FieldJudgement: ...
    def refuse(self, problems: Sequence[Problem]) -> None:
        """Raises `Invalid` when there is any."""

    def scorecard(self, name: str, version: str, model: Any, rules: GoverningRules) -> Scorecard:
        """By the house rules, with the exceptions in force; what is invalid reaches no level."""
